/** The hosts of the sandbox from behind: what a person does by hand on one, without the kit and without SSH. */

import { attempt, type CommandResult } from '#engine/local/command.ts';
import { docker } from '#engine/local/docker.ts';
import { ADDRESS_LABEL, containerName, networkName } from '#providers/sandbox/names.ts';
import { networkOf } from '#providers/sandbox/network.ts';
import { ENV, HOSTS, type HostName } from './kit.ts';

const DEADLINE_MS = 60_000;

/** Runs POSIX sh on a host as root; throws when it fails. Returns what it printed. */
export async function byHand(host: HostName, script: string): Promise<string> {
  return docker(['exec', containerName(ENV, host), 'sh', '-euc', script], { deadlineMs: DEADLINE_MS });
}

/** The addresses of the hosts on the sandbox's network. */
export async function addresses(): Promise<Record<HostName, string>> {
  const entries = await Promise.all(
    HOSTS.map(async (host) => {
      const format = `{{index .Config.Labels "${ADDRESS_LABEL}"}}`;
      return [host, await docker(['inspect', '--format', format, containerName(ENV, host)])] as const;
    }),
  );
  return Object.fromEntries(entries) as Record<HostName, string>;
}

/** This machine's own address on the sandbox's network: an internal one. */
export async function gateway(): Promise<string> {
  const network = await networkOf(ENV);
  if (!network) throw new Error(`the sandbox ${ENV} has no network`);
  return network.replace(/\.0\/24$/, '.1');
}

/** The network interface of this machine that the hosts of the sandbox hang on. */
export async function bridge(): Promise<string> {
  const id = await docker(['network', 'inspect', '--format', '{{.Id}}', networkName(ENV)]);
  return `br-${id.slice(0, 12)}`;
}

/** A command of this machine as root. */
export function asRoot(file: string, args: readonly string[]): Promise<CommandResult> {
  return attempt(file, args, { root: true, deadlineMs: DEADLINE_MS });
}
