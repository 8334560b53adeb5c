import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attempt } from '#engine/local/command.ts';
import type { Target } from './lab.ts';

/** Seconds that a shared connection stays without being used: longer than any round. */
const PERSIST_S = 900;

/** Plain ssh to the targets, with control sockets of its own. */
export class Ssh {
  /** Where its sockets lie. */
  readonly sockets: string;
  private readonly knownHosts: string;
  private readonly identity: string;

  constructor(folder: string, name: string, identity: string, targets: readonly Target[]) {
    this.sockets = join(folder, name);
    this.identity = identity;
    this.knownHosts = join(folder, `${name}.known_hosts`);
    mkdirSync(this.sockets, { recursive: true, mode: 0o700 });
    writeFileSync(this.knownHosts, targets.map(({ pin }) => `${pin}\n`).join(''));
  }

  /** The options that any tool on top of OpenSSH is given, as words. */
  options(): string[] {
    const options = [
      'BatchMode=yes',
      'StrictHostKeyChecking=yes',
      `UserKnownHostsFile=${this.knownHosts}`,
      'GlobalKnownHostsFile=/dev/null',
      'LogLevel=ERROR',
      'ControlMaster=auto',
      `ControlPersist=${PERSIST_S}`,
      `ControlPath=${this.sockets}/%C`,
    ];
    return options.flatMap((option) => ['-o', option]);
  }

  /** The words of a command on the host. */
  command({ address, port }: Target, ...remote: readonly string[]): string[] {
    const login = ['-i', this.identity, '-o', 'IdentitiesOnly=yes', '-p', String(port), '-l', 'root', address];
    return ['ssh', ...this.options(), ...login, ...remote];
  }

  /** Ends what is live, so that the next run logs in anew. */
  disconnect(): Promise<void> {
    return closeSockets(this.sockets);
  }
}

/** Ends the shared connections whose sockets lie in a folder. */
export async function closeSockets(folder: string): Promise<void> {
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isSocket());
  await Promise.all(names.map(({ name }) => attempt('ssh', ['-S', join(folder, name), '-O', 'exit', 'bench'])));
}
