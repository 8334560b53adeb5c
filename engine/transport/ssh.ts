import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Access, Host } from '../inventory/inventory.ts';
import { controlSocket } from './private-folder.ts';

/** OpenSSH gives up connecting after this many seconds. */
export const CONNECT_TIMEOUT_S = 10;
/** A silent connection is dead after INTERVAL × COUNT seconds. */
const ALIVE_INTERVAL_S = 5;
const ALIVE_COUNT = 6;
/** The shared connection stays this long after its last use, so that the next command need not log in again. */
const PERSIST_S = 120;
/** Where the operator's own configuration may say otherwise. */
const DEFAULT_PORT = 22;

/** The files of configuration that ssh reads. */
export function configFiles(): string[] {
  const { ODIN_SSH_CONFIG } = process.env;
  return ODIN_SSH_CONFIG ? [ODIN_SSH_CONFIG] : [join(homedir(), '.ssh', 'config'), '/etc/ssh/ssh_config'];
}

/** Another file than ~/.ssh/config, for those who keep one per project. */
export function configWords(): string[] {
  return process.env.ODIN_SSH_CONFIG ? ['-F', process.env.ODIN_SSH_CONFIG] : [];
}

/** What an environment says about a login, beside the keys. The operator's own configuration says the rest. */
export function loginOptions(access: Access, knownHosts: string): string[] {
  return [
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${knownHosts}`,
    'GlobalKnownHostsFile=/dev/null',
    ...(access.identityFile ? [`IdentityFile=${access.identityFile}`, 'IdentitiesOnly=yes'] : []),
  ];
}

/** The user, the place and, unless it is everyone's, the port. */
export function destination(host: Host, user: string): string[] {
  return [...(host.port === DEFAULT_PORT ? [] : ['-p', String(host.port)]), '-l', user, host.address];
}

/** Options as words. */
export const optionWords = (options: readonly string[]): string[] => options.flatMap((option) => ['-o', option]);

/** The socket of the shared connection of a login. While it is there, a command need not log in. */
export function sharedSocket(host: Host, user: string, access: Access, knownHosts: string): string {
  return controlSocket(knownHosts, host.name, ...destination(host, user), ...configWords(), access.identityFile ?? '');
}

/** The arguments of ssh up to and including the destination. The operator's own configuration still applies. */
export function sshArguments(host: Host, user: string, access: Access, knownHosts: string): string[] {
  const options = [
    'BatchMode=yes',
    ...loginOptions(access, knownHosts),
    'UpdateHostKeys=no',
    'LogLevel=ERROR',
    `ConnectTimeout=${CONNECT_TIMEOUT_S}`,
    `ServerAliveInterval=${ALIVE_INTERVAL_S}`,
    `ServerAliveCountMax=${ALIVE_COUNT}`,
    'ControlMaster=auto',
    `ControlPath=${sharedSocket(host, user, access, knownHosts)}`,
    `ControlPersist=${PERSIST_S}`,
  ];
  return [...configWords(), ...optionWords(options), ...destination(host, user)];
}

/** The same for a person at a terminal: ssh may ask for a passphrase, and uses the connection that is there. */
export function interactiveArguments(host: Host, user: string, access: Access, knownHosts: string): string[] {
  return sshArguments(host, user, access, knownHosts).map((word) =>
    word === 'BatchMode=yes' ? 'BatchMode=no' : word === 'LogLevel=ERROR' ? 'LogLevel=INFO' : word,
  );
}

/** The command by which a person logs in from a terminal of their own, without anything of ours but the pins. */
export function loginCommand(host: Host, user: string, access: Access, knownHosts: string): string {
  return ['ssh', ...configWords(), ...optionWords(loginOptions(access, knownHosts)), ...destination(host, user)].join(
    ' ',
  );
}
