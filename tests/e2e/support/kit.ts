/** The kit as a person uses it: its scripts as processes of their own, judged by exit code and printed text. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

export const ENV = 'e2e';
export const HOSTS = ['backend-1', 'ws-1', 'ws-2', 'lb-1'] as const;
export type HostName = (typeof HOSTS)[number];

/** The checkout that is tested. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
export const INVENTORY = join(ROOT, 'tests/e2e/inventory');
export const SHIM = join(ROOT, 'tests/e2e/support/shim');

// What these tests use of the kit in their own process reads the same inventory.
process.env.ODIN_INVENTORY = INVENTORY;

const DEADLINE_MS = 180_000;

export interface KitOptions {
  /** The folder of the inventory, where it is not the suite's own. */
  inventory?: string;
  /** The checkout whose scripts run. */
  root?: string;
  env?: Record<string, string>;
  deadlineMs?: number;
}

/** How a script ended. */
export interface Ran {
  code: number;
  /** Both streams in order of arrival, without colours. */
  text: string;
  ms: number;
  /** Remote executions by address: invocations of ssh that carried a remote command. */
  executions: Record<string, number>;
}

/** A script that was started. */
export interface Started {
  child: ChildProcess;
  /** What it has printed so far. */
  text(): string;
  ended: Promise<Ran>;
}

export const realSsh = (): string => execFileSync('sh', ['-c', 'command -v ssh'], { encoding: 'utf8' }).trim();

/** Starts `zx scripts/<script>.mjs …words` in a process group of its own, without a terminal. */
export function start(script: string, words: readonly string[], options: KitOptions = {}): Started {
  const { inventory = INVENTORY, root = ROOT, env = {} } = options;
  const folder = mkdtempSync(join(tmpdir(), 'odin-shim-'));
  const log = join(folder, 'ssh.log');
  const began = Date.now();
  const child = spawn('zx', [`scripts/${script}.mjs`, ...words], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      FORCE_COLOR: '0',
      PATH: `${SHIM}:${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
      ODIN_INVENTORY: inventory,
      SSH_SHIM_LOG: log,
      SSH_SHIM_REAL: realSsh(),
      ...env,
    },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += stripVTControlCharacters(chunk);
    });
  }
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject);
    // Not 'close': an ssh that keeps its login open for the next command may hold the pipes.
    child.on('exit', (code, signal) => {
      setImmediate(() => {
        const executions = existsSync(log) ? countExecutions(readFileSync(log, 'utf8')) : {};
        rmSync(folder, { recursive: true, force: true });
        resolve({ code: code ?? -1, text: signal ? `${text}\n(${signal})` : text, ms: Date.now() - began, executions });
      });
    });
  });
  return { child, text: () => text, ended };
}

/** Ends a script and all that it started here, as a closed laptop would. */
export function kill({ child }: Started): void {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
    process.kill(-child.pid, 'SIGKILL');
}

/** Holds a script up, as a laptop that was put to sleep, for as long as `work` takes. */
export async function held<Result>({ child }: Started, work: () => Promise<Result>): Promise<Result> {
  const group = -(child.pid ?? Number.NaN);
  process.kill(group, 'SIGSTOP');
  try {
    return await work();
  } finally {
    process.kill(group, 'SIGCONT');
  }
}

/** Runs a script to its end. One that does not end by itself is killed: its exit code is then -1. */
export async function kit(script: string, words: readonly string[] = [], options: KitOptions = {}): Promise<Ran> {
  const started = start(script, ['--env', ENV, ...words], options);
  const timer = setTimeout(() => kill(started), options.deadlineMs ?? DEADLINE_MS);
  try {
    return await started.ended;
  } finally {
    clearTimeout(timer);
  }
}

/** Counts the lines of the shim's log that carry a remote command: words after the destination, and no -O and no -N. */
export function countExecutions(log: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of log.split('\n').filter(Boolean)) {
    const words = line.split('\t').filter(Boolean);
    const address = words[words.indexOf('-l') + 2];
    const command = words.slice(words.indexOf('-l') + 3);
    if (!address || command.length === 0 || command.includes('-N') || words.includes('-O')) continue;
    counts[address] = (counts[address] ?? 0) + 1;
  }
  return counts;
}
