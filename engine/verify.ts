import type { Outcome, Phase } from './check.ts';
import { ERRORS, failureOf, KitError } from './errors.ts';
import type { Inventory } from './inventory/inventory.ts';
import { learn } from './learn.ts';
import type { FleetLock } from './lock/fleet-lock.ts';
import { outcomeOf } from './report/check-text.ts';
import type { Reporter } from './report/reporter.ts';
import type { Playbook } from './role.ts';
import type { RunOptions } from './run.ts';
import { Session } from './session.ts';
import { type Share, shareOut } from './share.ts';

/** Asks every check of the given phases. Returns the exit code. */
export async function runChecks(
  book: Playbook,
  inventory: Inventory,
  phases: readonly Phase[],
  options: RunOptions,
): Promise<number> {
  const session = new Session(inventory, options.report, options.services);
  try {
    const shares = shareOut(book, inventory, options);
    const failures = new Map<string, KitError>();
    const bare = shares.map((share) => ({ ...share, wanted: [] }));
    const plans = await learn(bare, phases, session, options, failures);
    const outcomes = plans.flatMap((plan) => plan.outcomes);
    options.report.emit({ type: 'checks', during: 'verify', outcomes: outcomes.map(outcomeOf) });
    for (const error of failures.values()) options.report.emit({ type: 'failed', ...failureOf(error) });
    const [first] = failures.values();
    if (first) return ERRORS[first.code].exit;
    if (outcomes.some(({ verdict, check }) => !verdict.ok && check.severity === 'critical'))
      return ERRORS['check-failed'].exit;
    await checkAll(shares, phases, session, options.report);
    return 0;
  } finally {
    await session.close();
  }
}

/** After a change: every host's own checks, in one more execution each. Throws `check-failed` on a critical one. */
export async function verifyAll(
  shares: readonly Share[],
  session: Session,
  lock: FleetLock,
  options: RunOptions,
  failures: Map<string, KitError>,
): Promise<void> {
  options.report.heading('is it as it should be?');
  const bare = shares.map((share) => ({ ...share, wanted: [] }));
  // Nothing is changed from here on: the same execution gives the host back.
  const plans = await learn(bare, ['verify'], session, options, failures, lock);
  const outcomes = plans.flatMap((plan) => plan.outcomes);
  options.report.emit({ type: 'checks', during: 'deploy', outcomes: outcomes.map(outcomeOf) });
  const critical = outcomes.find(({ verdict, check }) => !verdict.ok && check.severity === 'critical');
  if (!critical || critical.verdict.ok) return;
  const { message, next } = critical.verdict;
  throw new KitError('check-failed', message, {
    host: critical.host,
    role: critical.role,
    resource: critical.check.id,
    ...(next ? { next } : {}),
  });
}

/** Before the first change: a failed critical check stops everything. */
export function refuseOn(outcomes: readonly Outcome[], report: Reporter, changing: boolean): void {
  report.emit({ type: 'checks', during: 'preflight', outcomes: outcomes.map(outcomeOf) });
  const critical = outcomes.find(({ verdict, check }) => !verdict.ok && check.severity === 'critical');
  if (!critical || critical.verdict.ok || !changing) return;
  throw new KitError(critical.verdict.code ?? 'preflight-failed', `${critical.verdict.message}; nothing was changed`, {
    host: critical.host,
    role: critical.role,
    resource: critical.check.id,
    ...(critical.verdict.lastLines ? { lastLines: critical.verdict.lastLines } : {}),
    ...(critical.verdict.next ? { next: critical.verdict.next } : {}),
  });
}

/** Controller checks of these phases, such as the gate. Throws `check-failed` on the first critical one that fails. */
export async function checkAll(
  shares: readonly Share[],
  phases: readonly Phase[],
  session: Session,
  report: Reporter,
): Promise<void> {
  for (const { host, checks } of shares) {
    for (const { role, check } of checks) {
      if (check.where !== 'controller' || !check.phases.some((phase) => phases.includes(phase))) continue;
      const began = Date.now();
      report.emit({ type: 'gate-started', host: host.name, title: check.title });
      const verdict = await check.run(host, session.controller);
      const outcome = outcomeOf({ host: host.name, role, check, verdict });
      report.emit({ type: 'gate', ...outcome, ms: Date.now() - began });
      if (!verdict.ok && check.severity === 'critical') {
        const { message, lastLines, next } = verdict;
        throw new KitError('check-failed', message, {
          host: host.name,
          role,
          resource: check.id,
          ...(lastLines ? { lastLines } : {}),
          ...(next ? { next } : {}),
        });
      }
    }
  }
}
