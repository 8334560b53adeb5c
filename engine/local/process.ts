import { readFile } from 'node:fs/promises';

/** Whether a process of this machine runs, and, where `program` is given, is that program. */
export async function isRunning(pid: number, program?: string): Promise<boolean> {
  try {
    return statusShows(await readFile(`/proc/${pid}/status`, 'utf8'), program);
  } catch {
    return false;
  }
}

/**
 * Judges a /proc/PID/status (proc(5)). A process that is dead and only not yet reaped does not run: where no init collects
 * orphans it stays that way for good. Pure.
 */
export function statusShows(status: string, program?: string): boolean {
  const [, name] = /^Name:\t(.*)$/m.exec(status) ?? [];
  const [, state] = /^State:\t(\S)/m.exec(status) ?? [];
  return state !== undefined && state !== 'Z' && state !== 'X' && (program === undefined || name === program);
}

/** The command line of a process, shortened for a message, or undefined where it cannot be read. */
export async function commandLine(pid: number): Promise<string | undefined> {
  try {
    const text = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
    return text.length > MAX_COMMAND_LINE ? `${text.slice(0, MAX_COMMAND_LINE)}…` : text || undefined;
  } catch {
    return undefined;
  }
}

/** Characters of a command line in a message. */
const MAX_COMMAND_LINE = 80;
