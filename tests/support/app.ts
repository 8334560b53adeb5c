/** One of the apps as a process of its own, on a free loopback port. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../fleet/dev/broker.ts';
import { until } from './wait.ts';

export interface App {
  readonly pid: number;
  readonly port: number;
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** The processes that it has started, by the name of their program. */
  readonly children: (program: string) => Promise<number[]>;
  /** What it has written so far. */
  readonly output: () => string;
  readonly get: (path: string) => Promise<{ status: number; body: Record<string, unknown> }>;
  readonly post: (path: string, body: unknown) => Promise<{ status: number; body: Record<string, unknown> }>;
  /** Sends SIGTERM and resolves with exit code and duration. */
  readonly end: () => Promise<{ code: number | null; ms: number }>;
  readonly kill: () => Promise<void>;
}

const mainOf = (name: string) => fileURLToPath(new URL(`../../apps/${name}/main.ts`, import.meta.url));

/** Of the ws-server on this port. */
export const adminSocket = (port: number) => join(tmpdir(), `odin-ws-${port}.sock`);

/** Runs to its end; for what refuses to start. */
export async function runApp(name: string, env: Record<string, string>, args: readonly string[] = []) {
  const child = launch(name, env, args);
  const output = collect(child);
  const [code] = await once(child, 'exit');
  return { code: code as number | null, output: output() };
}

/** Resolves once it answers HTTP, on a free port unless `env` has one. */
export async function startApp(name: 'ws-server' | 'publisher', env: Record<string, string>): Promise<App> {
  const port = Number(env.PORT) || (await freePort());
  const admin = name === 'ws-server' ? { WS_ADMIN_SOCKET: adminSocket(port) } : {};
  const child = launch(name, { PORT: String(port), HOST: '127.0.0.1', ...admin, ...env });
  const output = collect(child);
  const url = `http://127.0.0.1:${port}`;
  const request = async (path: string, init?: RequestInit) => {
    // A connection that is kept may be closed by the other side in the moment in which it is used again.
    const response = await fetch(`${url}${path}`, { ...init, headers: { connection: 'close' } });
    const text = await response.text();
    const isJson = response.headers.get('content-type') === 'application/json';
    return { status: response.status, body: (isJson ? JSON.parse(text) : { text }) as Record<string, unknown> };
  };
  await until(`${name} answers`, async () => (await request('/version')).status === 200, { seen: output });
  const gone = () => child.exitCode !== null || child.signalCode !== null;
  return {
    pid: child.pid ?? 0,
    port,
    url,
    output,
    children: (program) => childrenOf(child.pid ?? 0, program),
    get: (path) => request(path),
    post: (path, body) => request(path, { method: 'POST', body: JSON.stringify(body) }),
    async end() {
      const startedAt = Date.now();
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = await exit;
      return { code: code as number | null, ms: Date.now() - startedAt };
    },
    async kill() {
      if (gone()) return;
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
}

async function childrenOf(parent: number, program: string): Promise<number[]> {
  const own = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8');
  const pids = own.split(' ').map(Number).filter(Boolean);
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return pids.filter((_, index) => commands[index]?.includes(program));
}

export function stateDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'odin-state-'));
}

function launch(name: string, env: Record<string, string>, args: readonly string[] = []): ChildProcess {
  return spawn(process.execPath, [mainOf(name), ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function collect(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
  }
  return () => text;
}
