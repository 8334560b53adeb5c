import pc from 'picocolors';
import type { HostRecap } from './fields.ts';

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
