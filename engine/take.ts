import { HOSTS_AT_ONCE } from './learn.ts';
import type { FleetLock } from './lock/fleet-lock.ts';
import { inParallel } from './parallel.ts';
import { decideAll, type HostPlan, observe, pendingOf, probePieces } from './plan.ts';
import type { Reporter } from './report/reporter.ts';
import type { Session } from './session.ts';
import { plannedLines, refuseStale } from './stale.ts';

/**
 * Takes the lock of every host that will be changed, and reads again, in the same execution, what is about to be changed.
 * Only when all hosts are ours and none has moved on since the plan does the first change begin; otherwise every lock is
 * given back. Throws `locked` or `plan-stale`.
 */
export async function takeHosts(
  plans: readonly HostPlan[],
  lock: FleetLock,
  session: Session,
  { waitSeconds = 0, report }: { waitSeconds?: number; report: Reporter },
): Promise<void> {
  const results = await inParallel(plans, HOSTS_AT_ONCE, (plan) => take(plan, lock, session, waitSeconds, report));
  const refused = results.find((result) => result.status === 'rejected');
  if (!refused) return;
  await lock.releaseAll(report);
  throw refused.reason;
}

async function take(
  plan: HostPlan,
  lock: FleetLock,
  session: Session,
  waitSeconds: number,
  report: Reporter,
): Promise<void> {
  const { host, facts } = plan;
  const pending = pendingOf(plan);
  const onHost = pending.map(({ wanted }) => wanted).filter(({ resource }) => resource.kind.where === 'host');
  const answers = await lock.take(session.connection(host), probePieces(onHost, { diff: false }), waitSeconds, report);
  const decided = decideAll(host, onHost, answers, facts);
  const now = await Promise.all(
    pending.map(async (finding) => {
      const again = decided.get(finding.wanted);
      if (again) return again;
      return finding.decision.state === 'change' ? observe(host, finding.wanted, session.controller) : finding;
    }),
  );
  const next = `make plan ENV=${session.inventory.env}   (then deploy again)`;
  refuseStale(host.name, plannedLines({ findings: pending, facts }), plannedLines({ findings: now, facts }), next);
}
