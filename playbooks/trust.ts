import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { Flags } from '#engine/cli/command.ts';
import { confirm } from '#engine/confirm.ts';
import { pinsPath, readPins } from '#engine/inventory/pins.ts';
import { selectHosts } from '#engine/inventory/select.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import { scanHostKey } from '#engine/transport/scan.ts';
import { envOf, openEnvironment, type Providers } from './environment.ts';

/** The fingerprint as ssh prints it. */
export function fingerprint(line: string): string {
  const key = Buffer.from(line.split(' ')[2] ?? '', 'base64');
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** Reads the hosts' keys, shows their fingerprints, and pins them once a person has compared them. */
export async function runTrust(flags: Flags, providers: Providers, report: Reporter): Promise<number> {
  const { inventory } = await openEnvironment(envOf(flags), providers);
  if (inventory.file.provider === 'sandbox') {
    report.lines('The keys of a sandbox are read from its containers each time: there is nothing to pin.');
    return 0;
  }
  const hosts = selectHosts(inventory, typeof flags.limit === 'string' ? flags.limit : 'all');
  const lines = await Promise.all(hosts.map(scanHostKey));
  const known = readPins(inventory.env);
  const fresh = lines.filter((line) => !known.includes(line));
  if (fresh.length === 0) {
    report.lines('Every host shows the key that is pinned.');
    return 0;
  }
  for (const [i, line] of lines.entries()) report.lines(`  ${hosts[i]?.name.padEnd(16)} ${fingerprint(line)}`);
  report.lines(
    '\nCompare each with what the host says on its own console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub',
  );
  await confirm(inventory.env, `pinning ${fresh.length} host key${fresh.length === 1 ? '' : 's'}`, flags.yes === true);
  const places = new Set(lines.map((line) => line.split(' ')[0]));
  const kept = known.filter((line) => !places.has(line.split(' ')[0]));
  writeFileSync(pinsPath(inventory.env), `${[...kept, ...lines].join('\n')}\n`);
  report.lines(
    `Pinned in inventory/${inventory.env}.known_hosts: commit it, so that every clone trusts the same hosts.`,
  );
  return 0;
}
