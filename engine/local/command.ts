import { spawn } from 'node:child_process';
import { KitError } from '../errors.ts';
import { isPrivileged, withPrivilege } from './privilege.ts';

/** How much of a command's output is kept for an error message. */
const LAST_LINES = 20;

/** Characters of standard output that are kept; a command that prints more is cut at the front. */
const MAX_OUTPUT = 16 * 1024 * 1024;

export interface CommandOptions {
  /** Written to standard input, which is closed afterwards. Without it standard input is empty. */
  input?: string | Buffer;
  cwd?: string;
  env?: Record<string, string>;
  /** Milliseconds after which the command is killed. */
  deadlineMs?: number;
  /** Run as root: as is for root, through sudo otherwise. */
  root?: boolean;
  /** Called with each line of both streams as it comes. */
  onLine?: ((line: string) => void) | undefined;
}

/** What a command left behind. `status` is as a shell would give it: 127 not found, 137 killed. */
export interface CommandResult {
  status: number;
  stdout: string;
  stderr: string;
}

/** A local command that failed: what was run, how it ended and its last lines. */
export class CommandError extends KitError {
  constructor(command: string, result: CommandResult) {
    const { status, stdout, stderr } = result;
    super('local-command-failed', `${command.split(' ')[0]} ended with status ${status}`, {
      host: 'local',
      command,
      exitStatus: status,
      lastLines: lastLines(`${stdout}\n${stderr}`),
    });
    this.name = 'CommandError';
  }

  get lastLines(): string {
    return this.context.lastLines ?? '';
  }
}

/** The last lines of a text, blank ones left out. */
export function lastLines(text: string, count = LAST_LINES): string {
  return text
    .split('\n')
    .filter((line) => line.trim())
    .slice(-count)
    .join('\n');
}

/** With sbin: a login shell of a plain user often leaves it out, and dockerd, debootstrap and ip live there. */
export const PATH = `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/local/sbin:/usr/sbin:/sbin`;

/** What a shell answers for a program that SIGKILL ended. */
const KILLED_STATUS = 137;
/** What a shell answers for a program that is not there. */
const NOT_FOUND_STATUS = 127;

/** Runs a program of this machine with an argument array and returns how it ended; a failure is a result, not an exception. */
export function attempt(file: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [program = file, ...rest] = options.root && !isPrivileged() ? withPrivilege([file, ...args]) : [file, ...args];
  return new Promise((resolve) => {
    const child = spawn(program, rest, {
      cwd: options.cwd,
      env: { ...process.env, LC_ALL: 'C.UTF-8', PATH, ...options.env },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const timer = options.deadlineMs && setTimeout(() => child.kill('SIGKILL'), options.deadlineMs);
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      const lines = options.onLine && lineSplitter(options.onLine);
      child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
        output[name] = (output[name] + chunk).slice(-MAX_OUTPUT);
        lines?.(chunk);
      });
    }
    child.on('error', (error) => {
      clearTimeout(timer || undefined);
      resolve({ ...output, status: NOT_FOUND_STATUS, stderr: error.message });
    });
    child.on('close', (status) => {
      clearTimeout(timer || undefined);
      resolve({ ...output, status: status ?? KILLED_STATUS });
    });
    // A program that ends before it read all of its input is judged by its status, not by EPIPE.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input);
  });
}

/** Like {@link attempt}, but a failure throws {@link CommandError}. Returns standard output without the final newline. */
export async function run(file: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const result = await attempt(file, args, options);
  if (result.status !== 0) throw new CommandError([file, ...args].join(' '), result);
  return result.stdout.replace(/\n$/, '');
}

function lineSplitter(onLine: (line: string) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim()) onLine(line);
  };
}
