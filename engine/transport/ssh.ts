import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { KitError } from '../errors.ts';
import type { Access, Host } from '../inventory/inventory.ts';

/** OpenSSH gives up connecting after this many seconds. */
const CONNECT_TIMEOUT_S = 10;
/** A silent connection is dead after INTERVAL × COUNT seconds. */
const ALIVE_INTERVAL_S = 5;
const ALIVE_COUNT = 6;
/** The shared connection stays this long after its last use, so that the next command need not log in again. */
const PERSIST_S = 120;

/** A private folder for control sockets and pinned keys, short because a socket path holds 104 bytes at most. */
export function privateFolder(): string {
  const folder = join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), `odin-${userInfo().uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Writes the pinned host keys of an environment where ssh can read them. */
export function writeKnownHosts(env: string, access: Access): string {
  const file = join(privateFolder(), `${env}.known_hosts`);
  writeFileSync(file, access.hostKeys.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  return file;
}

/** The arguments of ssh up to and including the destination. The operator's own configuration still applies. */
export function sshArguments(host: Host, user: string, access: Access, knownHosts: string): string[] {
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${knownHosts}`,
    'GlobalKnownHostsFile=/dev/null',
    'UpdateHostKeys=no',
    'LogLevel=ERROR',
    `ConnectTimeout=${CONNECT_TIMEOUT_S}`,
    `ServerAliveInterval=${ALIVE_INTERVAL_S}`,
    `ServerAliveCountMax=${ALIVE_COUNT}`,
    'ControlMaster=auto',
    `ControlPath=${join(privateFolder(), '%C')}`,
    `ControlPersist=${PERSIST_S}`,
    ...(access.identityFile ? [`IdentityFile=${access.identityFile}`, 'IdentitiesOnly=yes'] : []),
  ];
  return [...options.flatMap((option) => ['-o', option]), '-p', String(host.port), '-l', user, host.address];
}

const ENVIRONMENT =
  'env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root DEBIAN_FRONTEND=noninteractive';
/** Linux takes 128 KiB in one argument; ssh and sudo add their own words. */
const MAX_ARGUMENT_BYTES = 60_000;

/** A program as the words of a remote command, or as a remote command that reads it from standard input. */
export interface RemoteCommand {
  command: string;
  stdin?: string;
}

/**
 * How a program reaches the host: packed into the argument while it fits (no extra round trip), else on standard input.
 * Programs that may hold a secret always go by standard input: arguments can be seen in `ps`.
 */
export function remoteCommand(text: string, user: string, deadlineSeconds: number, secret: boolean): RemoteCommand {
  const packed = gzipSync(text).toString('base64');
  const root = user === 'root' ? '' : 'sudo -n ';
  const shell = (source: string): string =>
    `${root}timeout -k 5 ${deadlineSeconds} ${ENVIRONMENT} sh -c 'eval "$(${source} | base64 -d | gzip -dc)"'`;
  if (secret || packed.length > MAX_ARGUMENT_BYTES) return { command: shell('cat'), stdin: packed };
  return { command: shell(`printf %s ${packed}`) };
}

/** What ssh's own failure (exit status 255) means. */
export function sshFailure(host: Host, user: string, stderr: string, env: string): KitError {
  const lastLines = stderr;
  const context = { host: host.name, lastLines };
  const target = `${user}@${host.address}:${host.port}`;
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed/.test(stderr)) {
    const unknown = /No \S+ host key is known|authenticity of host/.test(stderr);
    return unknown
      ? new KitError('host-key-unknown', `no host key is pinned for ${target}`, {
          ...context,
          next: `npx zx scripts/trust.mjs --env ${env} --limit ${host.name}`,
        })
      : new KitError(
          'host-key-changed',
          `${target} answers with another host key than the pinned one; this is another machine, or someone is in between`,
          {
            ...context,
            next: `if the host was really replaced: npx zx scripts/trust.mjs --env ${env} --limit ${host.name}`,
          },
        );
  }
  if (/Permission denied|Too many authentication failures/.test(stderr)) {
    return new KitError('login-refused', `${target} refused the SSH key`, {
      ...context,
      next: `ssh -v -p ${host.port} ${user}@${host.address} true`,
    });
  }
  return new KitError('unreachable', `cannot reach ${target}`, { ...context, next: `make status ENV=${env}` });
}
