import { HOSTS_AT_ONCE } from './learn.ts';
import type { FleetLock } from './lock/fleet-lock.ts';
import { inParallel } from './parallel.ts';
import { decideAll, type HostPlan, observe, pendingOf, probePieces } from './plan.ts';
import type { Reporter } from './report/reporter.ts';
import type { Session } from './session.ts';
import { plannedLines, refuseStale } from './stale.ts';

export interface TakeOptions {
  waitSeconds?: number;
  /** Somebody agreed to this very plan: refuse hosts that have moved on since. Otherwise what is read now is done. */
  strict: boolean;
  report: Reporter;
}

/**
 * Takes the lock of every host that will be changed, and reads again, in the same execution, what is about to be changed.
 * Only when all hosts are ours, and with `strict` none has moved on since the plan, does the first change begin; otherwise
 * every lock is given back. Throws `locked` or `plan-stale`.
 */
export async function takeHosts(
  plans: readonly HostPlan[],
  lock: FleetLock,
  session: Session,
  options: TakeOptions,
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
  { waitSeconds = 0, strict, report }: TakeOptions,
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
  if (!strict) {
    // Such as what a run that was cut off had begun here and has finished meanwhile.
    const news = new Map(now.map((finding) => [finding.wanted, finding]));
    plan.findings = plan.findings.map((finding) => news.get(finding.wanted) ?? finding);
    return;
  }
  const next = `make plan ENV=${session.inventory.env}   (then deploy again)`;
  refuseStale(host.name, plannedLines({ findings: pending, facts }), plannedLines({ findings: now, facts }), next);
}
