import { adhoc } from '#engine/adhoc.ts';
import type { Flags } from '#engine/cli/command.ts';
import { confirm } from '#engine/confirm.ts';
import { breakLease, inspect, type Lease, readLease } from '#engine/lock/shell.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import { envOf, openEnvironment, type Providers } from './environment.ts';

const LOOK_S = 20;

/** Says who has the lock of each host, and breaks it when a person wants that: its holder changes nothing from then on. */
export async function runUnlock(flags: Flags, providers: Providers, report: Reporter): Promise<number> {
  const { inventory } = await openEnvironment(envOf(flags), providers);
  const limit = typeof flags.limit === 'string' ? { limit: flags.limit } : {};
  const held = new Map<string, Lease>();
  const code = await adhoc(
    inventory,
    { ...limit, report },
    () => ({ id: 'lock', script: inspect, timeoutSeconds: LOOK_S }),
    (host, { output }) => {
      const lease = readLease(output);
      if (lease) held.set(host.name, lease);
      report.lines(`  ${host.name.padEnd(16)} ${lease ? describe(lease) : 'not locked'}`);
    },
  );
  if (code !== 0 || held.size === 0) return code;
  report.lines(
    '\nBreaking a lock does not stop its holder: it refuses the holder its next change. Ask first, if you can.',
  );
  await confirm(inventory.env, 'breaking the lock', flags.yes === true);
  return adhoc(
    inventory,
    { limit: [...held.keys()].join(','), report, record: true },
    () => ({ id: 'unlock', script: breakLease, timeoutSeconds: LOOK_S }),
    (host) => report.done(host.name, 'unlocked'),
  );
}

function describe({ who, what, since, left }: Lease): string {
  const state =
    left > 0 ? `ends by itself in ${left} s unless it is renewed` : 'has run out: the next deploy takes it over';
  return `${who}: ${what}, since ${since}; ${state}`;
}
