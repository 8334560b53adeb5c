import { spawnSync } from 'node:child_process';

/** How this process becomes root: it is root, sudo works without a password, sudo asks on the terminal, or not at all. */
export type Privilege = 'root' | 'sudo' | 'sudo-asks' | 'none';

let known: Privilege | undefined;

/** Found once per process: asking sudo costs a fork and a line in the system's log. */
export function privilege(): Privilege {
  known ??= find();
  return known;
}

export const isPrivileged = (): boolean => process.getuid?.() === 0;

/** The argument array that runs `argv` as root. Where that is impossible the command fails with sudo's own message. */
export function withPrivilege(argv: readonly string[]): string[] {
  switch (privilege()) {
    case 'root':
      return [...argv];
    case 'sudo-asks':
      return ['sudo', '--', ...withProxy(argv)];
    default:
      return ['sudo', '-n', '--', ...withProxy(argv)];
  }
}

const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'no_proxy'];

/** sudo drops the environment; what apt-get and debootstrap need of it to reach a mirror is handed through env(1). */
function withProxy(argv: readonly string[]): string[] {
  const set = PROXY_VARIABLES.filter((name) => process.env[name]).map((name) => `${name}=${process.env[name]}`);
  return set.length > 0 ? ['env', ...set, ...argv] : [...argv];
}

function find(): Privilege {
  if (isPrivileged()) return 'root';
  const silent = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' });
  if (silent.status === 0) return 'sudo';
  if (silent.error) return 'none';
  // sudo exists but wants a password. It asks on /dev/tty by itself, and remembers the answer for the commands to come.
  return process.stdin.isTTY && process.stderr.isTTY ? 'sudo-asks' : 'none';
}
