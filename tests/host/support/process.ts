/** Controllers as processes of their own, and what there is to kill of them. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { until } from '../../support/wait.ts';
import type { Wanted } from './book.ts';
import { ENV, ROOT, RUNTIME } from './box.ts';

const CONTROLLER = join(ROOT, 'tests/host/support/controller.mjs');
const DEADLINE_MS = 120_000;

export interface Ended {
  /** -1 where a signal ended it. */
  code: number;
  text: string;
}

export interface Running {
  child: ChildProcess;
  pid: number;
  text(): string;
  ended: Promise<Ended>;
}

export interface StartOptions {
  env?: Record<string, string>;
  /** A terminal of its own, on which a test can type. */
  terminal?: boolean;
}

/** Starts a controller that makes the hosts what is wanted. One that does not end in time is killed. */
export function start(wanted: Wanted, words: readonly string[] = ['--yes'], options: StartOptions = {}): Running {
  const path = join(mkdtempSync(join(RUNTIME, 'wanted-')), 'wanted.json');
  writeFileSync(path, JSON.stringify(wanted));
  const line = [CONTROLLER, '--env', ENV, '--wanted', path, ...words];
  const [file, args] = options.terminal
    ? ['script', ['--quiet', '--return', '--flush', '--command', `exec node ${line.join(' ')}`, '/dev/null']]
    : ['node', line];
  const child = spawn(file as string, args as string[], {
    cwd: ROOT,
    stdio: [options.terminal ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    env: { ...process.env, FORCE_COLOR: '0', ...options.env },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += stripVTControlCharacters(chunk).replaceAll('\r', '');
    });
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
  // Not 'close': the shared connection that stays behind may hold the pipes.
  const ended = once(child, 'exit').then(async ([code]) => {
    clearTimeout(timer);
    await new Promise(setImmediate);
    return { code: (code as number | null) ?? -1, text };
  });
  return { child, pid: child.pid ?? 0, text: () => text, ended };
}

/** Runs a controller to its end. */
export const deploy = (wanted: Wanted, words?: readonly string[], options?: StartOptions): Promise<Ended> =>
  start(wanted, words, options).ended;

/** Waits for a text of a running controller; fails at once when it ends without. */
export function says(running: Running, what: string | RegExp, ms = 30_000): Promise<true> {
  let ended = false;
  void running.ended.then(() => {
    ended = true;
  });
  const said = (): boolean => (typeof what === 'string' ? running.text().includes(what) : what.test(running.text()));
  return until(`the controller says ${what}`, () => said() || ended, {
    ms,
    seen: () => running.text().slice(-1500),
  }).then(() => {
    if (!said()) throw new Error(`it ended without saying ${what}: ${running.text().slice(-1500)}`);
    return true;
  });
}

interface Process {
  pid: number;
  parent: number;
  words: string[];
}

function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').filter(Boolean);
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        return [{ pid: Number(name), parent, words }];
      } catch {
        return [];
      }
    });
}

/** The ssh that a controller is waiting for. */
export function sshOf({ pid }: Running): number[] {
  return processes()
    .filter(({ parent, words }) => parent === pid && words[0] === 'ssh')
    .map((each) => each.pid);
}

/** The shared connections of these tests: OpenSSH shows them as `ssh: SOCKET [mux]`. */
export function masters(): number[] {
  return processes()
    .filter(({ words }) => words[0]?.startsWith(`ssh: ${RUNTIME}/`))
    .map(({ pid }) => pid);
}

/** Kills processes that this file found, and only those. */
export function killAll(pids: readonly number[]): void {
  if (pids.length === 0) throw new Error('there is nothing to kill');
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (cause) {
      // It ended by itself meanwhile.
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'ESRCH')) throw cause;
    }
  }
}
