/** A server under test as a process of its own, pinned to one core, and what the kernel says of it. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

export const SERVER_CORE = '0';
export const LOAD_CORE = '1';
const CLOCK_TICKS = 100;
const KIB = 1024;
const END_TIMEOUT_MS = 5_000;

/** Everything that this process starts from now on stays off the server's core, as does this process. */
export function pinToLoadCore(): void {
  pin(LOAD_CORE);
}

/** For what needs more than two processes that are busy: the kernel shares out the cores, as on a host of its own. */
export async function onAllCores<T>(work: () => Promise<T>): Promise<T> {
  pin(`0-${cpus().length - 1}`);
  try {
    return await work();
  } finally {
    pinToLoadCore();
  }
}

function pin(cores: string): void {
  execFileSync('taskset', ['-a', '-c', '-p', cores, String(process.pid)], { stdio: 'ignore' });
}

export function startPinned(command: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn('taskset', ['-c', SERVER_CORE, command, ...args], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, ...env },
  });
  endWith(child);
  return child;
}

/** However the bench ends, nothing of it stays. */
export function endWith(child: ChildProcess): void {
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
}

/** One of `peers/`, with a collector that can be asked to run, and further flags of Node. */
export function startPeer(name: string, flags: readonly string[] = []): ChildProcess {
  const file = fileURLToPath(new URL(`peers/${name}.ts`, import.meta.url));
  return startPinned(process.execPath, ['--expose-gc', ...flags, file]);
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), END_TIMEOUT_MS);
  await exit;
  clearTimeout(timer);
}

/** Seconds of CPU that a process has used, in all its threads. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
}

export function rssBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * KIB;
}
