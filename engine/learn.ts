import type { Phase } from './check.ts';
import { KitError } from './errors.ts';
import type { Host } from './inventory/inventory.ts';
import { type FleetLock, leasePiece } from './lock/fleet-lock.ts';
import { inParallel } from './parallel.ts';
import { type HostPlan, planHost } from './plan.ts';
import type { Reporter } from './report/reporter.ts';
import type { Session } from './session.ts';
import type { Share } from './share.ts';

/** At most this many hosts at once, each with an ssh here. Logins have a bound of their own, see transport/logins.ts. */
export const HOSTS_AT_ONCE = 32;

/**
 * One execution per host: facts, states, checks. Hosts that cannot be learnt of end up in `failures`. With `lock`,
 * the same execution gives the host back; with `look` it tells who has it.
 */
export async function learn(
  shares: readonly Share[],
  phases: readonly Phase[],
  session: Session,
  { diff, look = false, report }: { diff: boolean; look?: boolean; report: Reporter },
  failures: Map<string, KitError>,
  lock?: FleetLock,
): Promise<HostPlan[]> {
  const what = shares.some(({ wanted }) => wanted.length > 0) ? 'resources' : 'checks';
  report.emit({ type: 'learning', hosts: shares.map(({ host }) => host.name), what });
  const results = await inParallel(shares, HOSTS_AT_ONCE, async ({ host, wanted, checks }) => {
    const began = Date.now();
    const asked = checks.filter(({ check }) => check.phases.some((phase) => phases.includes(phase)));
    const connection = session.connection(host);
    const before = lock?.releasePieces(connection) ?? (look ? [leasePiece] : []);
    const plan = await planHost(
      connection,
      wanted,
      asked,
      session.controller,
      { diff, ahead: lock === undefined },
      before,
    );
    lock?.released(connection);
    report.emit({
      type: 'learned',
      host: host.name,
      resources: wanted.length,
      checks: asked.length,
      ms: Date.now() - began,
    });
    return plan;
  });
  return results.flatMap((result, i) => {
    if (result.status === 'fulfilled') return [result.value];
    fail(failures, (shares[i] as Share).host, result.reason, report);
    return [];
  });
}

/** Puts a host's failure on record; what is no fault of a host ends the run. Its evidence is told at the end. */
export function fail(failures: Map<string, KitError>, host: Host, reason: unknown, report: Reporter): void {
  if (!(reason instanceof KitError)) throw reason;
  reason.context.host ??= host.name;
  failures.set(host.name, reason);
  const { code: name, exit, message, context } = reason;
  const { role, resource } = context;
  report.emit({ type: 'host-failed', host: host.name, name, exit, message, role, resource });
}
