import { access, constants } from 'node:fs/promises';
import { attempt, type CommandOptions, type CommandResult, run } from './command.ts';

const SOCKET = '/var/run/docker.sock';

/** Milliseconds for commands that only ask; a daemon that hangs must not hang us. */
export const ASK_DEADLINE_MS = 20_000;

/** Runs the docker client and returns its standard output. Through sudo where the daemon's socket is closed to this user. */
export async function docker(args: readonly string[], options: CommandOptions = {}): Promise<string> {
  return run('docker', args, { ...(await viaSudo()), ...options });
}

/** Like {@link docker}; a failure is a result. */
export async function tryDocker(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  return attempt('docker', args, { ...(await viaSudo()), ...options });
}

/** The version of the daemon, or undefined where none answers. */
export async function dockerVersion(): Promise<string | undefined> {
  const asked = await tryDocker(['version', '--format', '{{.Server.Version}}'], { deadlineMs: ASK_DEADLINE_MS });
  return asked.status === 0 ? asked.stdout.trim() : undefined;
}

/** The rows of a `docker … --format` listing, split at tabs. */
export async function dockerRows(args: readonly string[]): Promise<string[][]> {
  const output = await docker(args, { deadlineMs: ASK_DEADLINE_MS });
  return output ? output.split('\n').map((line) => line.split('\t')) : [];
}

/** Whether a local tag exists. */
export async function hasImage(tag: string): Promise<boolean> {
  return (await docker(['image', 'ls', '-q', tag], { deadlineMs: ASK_DEADLINE_MS })) !== '';
}

let sudo: Promise<boolean> | undefined;

async function viaSudo(): Promise<{ root: boolean }> {
  sudo ??= socketIsClosed();
  return { root: await sudo };
}

/** Forgets what was learnt about the socket: after Docker was installed or started it may be another one. */
export function forgetSocket(): void {
  sudo = undefined;
}

/** A daemon elsewhere (DOCKER_HOST, a context) is reached as the user says; only a local socket may need root. */
async function socketIsClosed(): Promise<boolean> {
  if (process.env.DOCKER_HOST || process.env.DOCKER_CONTEXT) return false;
  try {
    await access(SOCKET, constants.F_OK);
  } catch {
    return false;
  }
  try {
    await access(SOCKET, constants.R_OK | constants.W_OK);
    return false;
  } catch {
    return true;
  }
}
