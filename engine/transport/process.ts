import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { KitError } from '../errors.ts';
import { SSH_FAILED } from './failure.ts';

/** Once a program has come to its end, this long is waited for what it left holding its output. */
const LINGER_MS = 1_000;
/** After a failure, this long is waited for the end of what it says about itself. */
const EVIDENCE_MS = 300;
/** Characters of standard error that are kept. */
const MAX_STDERR = 65_536;

export interface SshRun {
  /** Written to standard input, which is closed afterwards. Without it there is none. */
  input?: () => AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;
  onOutput?: (chunk: string) => void;
  /** Asked after each chunk: nothing more is waited for. */
  isDone?: () => boolean;
  /** Milliseconds after which ssh is ended here, whatever the host does. */
  deadlineMs?: number;
  /** Ends it at once. */
  signal?: AbortSignal;
}

/** How ssh ended. */
export interface SshEnd {
  /** Its exit status; 255 where it failed itself, or was killed. */
  status: number;
  stderr: string;
  /** Its time was up on this machine. */
  late: boolean;
  /** What kept the input from being read, such as a file that cannot be read. */
  inputError?: Error;
}

/** Runs ssh with these arguments. Rejects only where ssh cannot be started. */
export function runSsh(host: string, words: readonly string[], run: SshRun = {}): Promise<SshEnd> {
  if (run.signal?.aborted) return Promise.resolve({ status: SSH_FAILED, stderr: '', late: false });
  const child: ChildProcessByStdio<Writable | null, Readable, Readable> = run.input
    ? spawn('ssh', words, { stdio: ['pipe', 'pipe', 'pipe'] })
    : spawn('ssh', words, { stdio: ['ignore', 'pipe', 'pipe'] });
  return new Promise((resolve, reject) => {
    const end: SshEnd = { status: SSH_FAILED, stderr: '', late: false };
    let open = true;
    let lingering: NodeJS.Timeout | undefined;
    const deadline = run.deadlineMs
      ? setTimeout(() => {
          end.late = true;
          finish(SSH_FAILED);
        }, run.deadlineMs)
      : undefined;
    const finish = (status: number): void => {
      clearTimeout(deadline);
      clearTimeout(lingering);
      child.kill();
      child.stderr.destroy();
      child.stdout.destroy();
      child.stdin?.destroy();
      resolve({ ...end, status });
    };
    child.stdout
      .setEncoding('utf8')
      .on('data', (chunk: string) => {
        run.onOutput?.(chunk);
        // A process that a piece left behind may hold the channel open for as long as it lives.
        if (run.isDone?.()) lingering ??= setTimeout(() => finish(0), LINGER_MS);
      })
      .on('end', () => {
        open = false;
      });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      end.stderr = (end.stderr + chunk).slice(-MAX_STDERR);
    });
    run.signal?.addEventListener('abort', () => finish(SSH_FAILED));
    child.on('error', (cause) => {
      clearTimeout(deadline);
      reject(
        new KitError('unreachable', `cannot run ssh: ${cause.message}`, {
          host,
          next: 'apt-get install openssh-client',
        }),
      );
    });
    // Not 'close': the shared connection that stays behind may hold our standard error open.
    child.on('exit', (code) => {
      const status = code ?? SSH_FAILED;
      const last = (): void => {
        if (status === 0 || child.stderr.readableEnded) return void setImmediate(finish, status);
        // Why it failed may still be on its way.
        child.stderr.once('end', () => finish(status));
        lingering ??= setTimeout(() => finish(status), EVIDENCE_MS);
      };
      if (open) child.stdout.once('end', last);
      else last();
    });
    // A host that refuses the login closes the pipe before it has read the program: the exit status tells the story.
    child.stdin?.on('error', () => {});
    if (run.input && child.stdin) {
      pipeline(run.input(), child.stdin).catch((cause: NodeJS.ErrnoException) => {
        if (!['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'].includes(cause.code ?? ''))
          end.inputError = cause;
      });
    }
  });
}
