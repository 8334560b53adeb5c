import { gzipSync } from 'node:zlib';
import type { Program } from '../program.ts';

const ENVIRONMENT =
  'env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root DEBIAN_FRONTEND=noninteractive';
/** Linux takes 128 KiB in one argument; ssh and sudo add their own words. */
const MAX_ARGUMENT_BYTES = 60_000;

/** A program as the words of a remote command, or as a remote command that reads it from standard input. */
export interface RemoteCommand {
  /**
   * Where the program stands in it, its nonce is to be appended as the last word: without it, the same program is the same
   * command.
   */
  command: string;
  stdin?: string;
}

export interface RemoteCommandOptions {
  /** The whole program is ended after this many seconds. */
  deadlineSeconds: number;
  /** The program may hold a secret: arguments can be seen in `ps`. */
  secret: boolean;
  /** Something else follows the program on standard input. */
  more?: boolean;
}

/**
 * How a program reaches the host: packed into the argument while it fits (no extra round trip), else on standard input.
 * The login shell may be any: nothing in the line means anything to csh or fish that it does not mean to sh.
 */
export function remoteCommand(
  { body, text }: Pick<Program, 'body' | 'text'>,
  user: string,
  options: RemoteCommandOptions,
): RemoteCommand {
  const packed = pack(body);
  const root = user === 'root' ? '' : 'sudo -n ';
  const shell = (source: string, first = ''): string =>
    `${root}timeout -k 5 ${options.deadlineSeconds} ${ENVIRONMENT} sh -c '${first}eval "$(${source} | base64 -d | gzip -dc)"' sh`;
  if (!options.more && !options.secret && packed.length <= MAX_ARGUMENT_BYTES)
    return { command: shell(`printf %s ${packed}`, 'N=$1; shift; ') };
  // What is not in an argument is in none: the nonce neither.
  const stdin = pack(text);
  // head(1) reads not one byte beyond the program.
  return { command: shell(options.more ? `head -c ${stdin.length}` : 'cat'), stdin };
}

const pack = (text: string): string => gzipSync(text).toString('base64');
