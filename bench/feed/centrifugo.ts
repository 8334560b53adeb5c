/** Centrifugo as a peer: built once from its Go module, kept in the cache; JSON over its uni-directional WebSocket. */

import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '#fleet/dev/broker.ts';
import { goProgram } from './go.ts';
import { type FeedMessage, tokenName } from './stream.ts';

const MODULE = 'github.com/centrifugal/centrifugo/v6';
const VERSION = 'v6.9.1';
const BUILD_TIMEOUT_MS = 900_000;
const KEY = 'bench';

/** Resolves with the program; the first time, it is built. */
export async function buildCentrifugo(): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'odin-deploy');
  const folder = join(cache, `centrifugo-${VERSION}`);
  const program = join(folder, 'centrifugo');
  if (existsSync(program)) return program;
  await mkdir(folder, { recursive: true });
  const env = { ...process.env, GOBIN: folder };
  await promisify(execFile)(await goProgram(), ['install', `${MODULE}@${VERSION}`], { env, timeout: BUILD_TIMEOUT_MS });
  return program;
}

export interface CentrifugoSetup {
  readonly port: number;
  readonly args: readonly string[];
}

/** `program`: what buildCentrifugo returned; its configuration is kept beside it. */
export async function configureCentrifugo(program: string): Promise<CentrifugoSetup> {
  const port = await freePort();
  const file = join(dirname(program), 'config.json');
  const config = {
    http_server: { address: '127.0.0.1', port },
    log: { level: 'error' },
    client: { insecure: true },
    http_api: { key: KEY },
    uni_websocket: { enabled: true },
  };
  writeFileSync(file, JSON.stringify(config));
  return { port, args: ['-c', file] };
}

/** Publishes in batches over one connection, the next when the last was answered: order is kept. */
export function centrifugoSender(port: number): (messages: readonly FeedMessage[]) => void {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let waiting: string[] = [];
  let busy = false;
  const next = () => {
    busy = waiting.length > 0;
    if (!busy) return;
    const body = `{"commands":[${waiting.join(',')}]}`;
    waiting = [];
    const headers = { 'content-type': 'application/json', 'x-api-key': KEY };
    const posted = request(
      { port, host: '127.0.0.1', path: '/api/batch', method: 'POST', agent, headers },
      (answer) => {
        answer.resume().on('end', next);
      },
    );
    posted.on('error', () => {
      busy = false;
    });
    posted.end(body);
  };
  return (messages) => {
    for (const { token, value } of messages) {
      waiting.push(`{"publish":{"channel":"${tokenName(token)}","data":${value}}}`);
    }
    if (!busy) next();
  };
}
