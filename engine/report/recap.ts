import pc from 'picocolors';
import type { Connection } from '../transport/connection.ts';
import type { HostRecap } from './fields.ts';

export type { HostRecap };

export function recapOf(connection: Connection, counts: Partial<HostRecap>): HostRecap {
  const { executions, tunnels } = connection;
  return { host: connection.host.name, ok: 0, changed: 0, failed: 0, unreachable: 0, ...counts, executions, tunnels };
}

/** One line per host, in the words that Ansible's users know, then what it took to find out. */
export function recapText(recaps: readonly HostRecap[]): string {
  const width = Math.max(...recaps.map(({ host }) => host.length));
  return recaps
    .map(({ host, ok, changed, failed, unreachable, executions, tunnels }) => {
      const name =
        failed + unreachable > 0
          ? pc.red(host.padEnd(width))
          : changed > 0
            ? pc.yellow(host.padEnd(width))
            : pc.green(host.padEnd(width));
      const counted = pc.dim(`executions=${executions} tunnels=${tunnels}`);
      return `  ${name}  ok=${ok} changed=${changed} failed=${failed} unreachable=${unreachable}  ${counted}`;
    })
    .join('\n');
}
