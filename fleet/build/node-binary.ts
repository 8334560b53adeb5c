import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ARCHITECTURE } from '#engine/local/architecture.ts';
import { run } from '#engine/local/command.ts';
import { cacheFolder } from '#engine/local/folders.ts';
import { ROOT } from './checkout.ts';
import type { Extra } from './recipe.ts';

const PACKAGE = `node-linux-${ARCHITECTURE}`;

/** The pinned version, as package.json says it. */
export async function nodeVersion(): Promise<string> {
  const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  return manifest.optionalDependencies[PACKAGE];
}

/**
 * The Linux binary that runs the kit is the one that runs the apps. A machine that is not Linux did not install the
 * package: npm fetches it into the cache, and checks it against the registry's sum.
 */
export async function nodeBinary(): Promise<Extra[]> {
  const installed = join(ROOT, 'node_modules', PACKAGE);
  const folder = existsSync(installed) ? installed : await fetchPackage(await nodeVersion());
  return [
    { from: join(folder, 'bin', 'node'), to: 'node' },
    { from: join(folder, 'LICENSE'), to: 'LICENSE' },
  ];
}

async function fetchPackage(version: string): Promise<string> {
  const folder = cacheFolder('node', `${PACKAGE}-${version}`);
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.${process.pid}`;
  await mkdir(fresh, { recursive: true });
  try {
    const archive = await run('npm', ['pack', '--silent', '--pack-destination', fresh, `${PACKAGE}@${version}`]);
    await run('tar', ['-xzf', join(fresh, archive.trim()), '-C', fresh, '--strip-components=1']);
    await rename(fresh, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return folder;
}
