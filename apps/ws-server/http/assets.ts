/**
 * The live page and the client library for browsers. A browser cannot run TypeScript: types are stripped when a file is
 * first asked for, so there is no build step and the browser runs the very files that Node runs. Not sooner: what strips
 * takes 15 MB in each process, and most processes are never asked.
 */

import { readdir, readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dropWarning } from '@odin/runtime';

// Node marks the function as experimental; what it does here is covered by tests.
dropWarning('ExperimentalWarning', 'stripTypeScriptTypes');

export interface Asset {
  readonly type: string;
  readonly body: () => Promise<Buffer>;
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.ts': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** By URL path: the page at `/` and `/page/…`, the client library at `/client.js` and `/client/…`. */
export async function loadAssets(): Promise<ReadonlyMap<string, Asset>> {
  const assets = new Map<string, Asset>();
  const folders = {
    '/page/': fileURLToPath(new URL('../page', import.meta.url)),
    '/client/': fileURLToPath(new URL('.', import.meta.resolve('@odin/client'))),
  };
  for (const [path, folder] of Object.entries(folders)) {
    for (const name of await readdir(folder)) {
      const type = TYPES[extname(name)];
      if (type) assets.set(`${path}${name}`, { type, body: loaded(join(folder, name)) });
    }
  }
  const client = Buffer.from("export * from '/client/index.ts';\n");
  assets.set('/client.js', { type: TYPES['.ts'] ?? '', body: async () => client });
  const index = assets.get('/page/index.html');
  if (index) assets.set('/', index);
  return assets;
}

/** Once, and again where that failed. */
function loaded(path: string): () => Promise<Buffer> {
  let body: Promise<Buffer> | undefined;
  return () => {
    body ??= load(path).catch((error: unknown) => {
      body = undefined;
      throw error;
    });
    return body;
  };
}

async function load(path: string): Promise<Buffer> {
  if (extname(path) !== '.ts') return readFile(path);
  return Buffer.from(stripTypeScriptTypes(await readFile(path, 'utf8')));
}
