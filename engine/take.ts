import type { KitError } from './errors.ts';
import { HOSTS_AT_ONCE, learn } from './learn.ts';
import type { FleetLock } from './lock/fleet-lock.ts';
import { inParallel } from './parallel.ts';
import { decideAll, type HostPlan, observe, pendingOf, probePieces } from './plan.ts';
import type { Reporter } from './report/reporter.ts';
import type { Session } from './session.ts';
import type { Share } from './share.ts';
import { plannedLines, refuseStale } from './stale.ts';

/**
 * Reads hosts again that somebody had when they were read, once they are free: a plan is made from what stays. Hosts on
 * which nothing is to be changed are left alone. Throws `locked` where somebody does not let go.
 */
export async function settle(
  plans: readonly HostPlan[],
  shares: readonly Share[],
  lock: FleetLock,
  session: Session,
  options: { diff: boolean; waitSeconds?: number; report: Reporter },
  failures: Map<string, KitError>,
): Promise<readonly HostPlan[]> {
  const contended = plans.filter((plan) => plan.lease && pendingOf(plan).length > 0).map(({ host }) => host);
  if (contended.length === 0) return plans;
  const { waitSeconds = 0, report } = options;
  const freed = await inParallel(contended, HOSTS_AT_ONCE, (host) =>
    lock.free(session.connection(host), waitSeconds, report),
  );
  for (const result of freed) if (result.status === 'rejected') throw result.reason;
  const again = await learn(
    shares.filter(({ host }) => contended.includes(host)),
    ['preflight'],
    session,
    options,
    failures,
  );
  const news = new Map(again.map((plan) => [plan.host, plan]));
  return plans.flatMap((plan) => (contended.includes(plan.host) ? (news.get(plan.host) ?? []) : plan));
}

/**
 * Takes the lock of every host that will be changed, and reads again, in the same execution, what is about to be changed.
 * Only when all hosts are ours and none has moved on since the plan does the first change begin; otherwise every lock is
 * given back. Throws `locked` or `plan-stale`.
 */
export async function takeHosts(
  plans: readonly HostPlan[],
  lock: FleetLock,
  session: Session,
  options: { waitSeconds?: number; report: Reporter },
): Promise<void> {
  const { report } = options;
  const results = await inParallel(plans, HOSTS_AT_ONCE, (plan) => take(plan, lock, session, options));
  const refused = results.find((result) => result.status === 'rejected');
  if (!refused) return;
  await lock.releaseAll(report);
  throw refused.reason;
}

async function take(
  plan: HostPlan,
  lock: FleetLock,
  session: Session,
  { waitSeconds = 0, report }: { waitSeconds?: number; report: Reporter },
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
