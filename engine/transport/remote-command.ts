import { gzipSync } from 'node:zlib';

const ENVIRONMENT =
  'env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root DEBIAN_FRONTEND=noninteractive';
/** Linux takes 128 KiB in one argument; ssh and sudo add their own words. */
const MAX_ARGUMENT_BYTES = 60_000;

/** A program as the words of a remote command, or as a remote command that reads it from standard input. */
export interface RemoteCommand {
  /** The program's nonce is to be appended as its last word: without it, the same program is the same command. */
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
export function remoteCommand(body: string, user: string, options: RemoteCommandOptions): RemoteCommand {
  const packed = gzipSync(body).toString('base64');
  const root = user === 'root' ? '' : 'sudo -n ';
  const shell = (source: string): string =>
    `${root}timeout -k 5 ${options.deadlineSeconds} ${ENVIRONMENT} sh -c 'N=$0; eval "$(${source} | base64 -d | gzip -dc)"'`;
  // head(1) reads not one byte beyond the program.
  if (options.more) return { command: shell(`head -c ${packed.length}`), stdin: packed };
  if (options.secret || packed.length > MAX_ARGUMENT_BYTES) return { command: shell('cat'), stdin: packed };
  return { command: shell(`printf %s ${packed}`) };
}
