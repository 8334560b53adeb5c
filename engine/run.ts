import { applyPlay } from './apply.ts';
import { Audit } from './audit/audit.ts';
import { confirm } from './confirm.ts';
import { ERRORS, failureOf, type KitError } from './errors.ts';
import type { Host, Inventory } from './inventory/inventory.ts';
import { fail, HOSTS_AT_ONCE, learn } from './learn.ts';
import { FleetLock } from './lock/fleet-lock.ts';
import { thisHolder } from './lock/holder.ts';
import { inParallel } from './parallel.ts';
import { type HostPlan, pendingOf } from './plan.ts';
import { loadPlan, refuseOther, savePlan } from './plan-file.ts';
import type { Piece } from './program.ts';
import type { BodyOf } from './report/events.ts';
import { plannedEvent } from './report/planned.ts';
import { type Reporter, typedIn } from './report/reporter.ts';
import { Tally } from './report/tally.ts';
import type { Resource } from './resource.ts';
import type { Play, Playbook, Role } from './role.ts';
import { type Services, Session } from './session.ts';
import { type Share, shareOut } from './share.ts';
import { settle, takeHosts } from './take.ts';
import { checkAll, refuseOn, verifyAll } from './verify.ts';

export interface RunOptions {
  /** Show what would change, and change nothing. */
  check: boolean;
  /** With the plan: the texts that differ. */
  diff: boolean;
  limit?: string;
  /** Roles, comma-separated: only these. */
  tags?: string;
  yes: boolean;
  /** Stop everything at the first host that fails. */
  anyErrorsFatal?: boolean;
  /** Seconds to wait for somebody else's lock. */
  waitSeconds?: number;
  /** Save the plan here. */
  out?: string;
  /** Apply exactly the plan that was saved here. */
  plan?: string;
  /** Exit 10 when something changed or would change. */
  detailedExitcode: boolean;
  report: Reporter;
  services: Services;
  /** Told what is about to change, once it is confirmed: work on this machine can begin at once. */
  onApply?(changing: readonly Resource[]): void;
  /** The image reference of a release, as hosts pull it. */
  image(name: string): string;
}

/** With --detailed-exitcode, where something changed or would change. */
export const EXIT_CHANGED = 10;

/** Runs a playbook: learn, plan, show, confirm, lock, apply play by play, check. Returns the exit code. */
export async function runPlaybook(book: Playbook, inventory: Inventory, options: RunOptions): Promise<number> {
  const began = Date.now();
  const { report } = options;
  const saved = options.plan ? loadPlan(options.plan, inventory.env) : undefined;
  const selection = {
    ...options,
    ...(saved?.limit ? { limit: saved.limit } : {}),
    ...(saved?.tags ? { tags: saved.tags } : {}),
  };
  const shares = shareOut(book, inventory, selection);
  const session = new Session(inventory, report, options.services);
  const failures = new Map<string, KitError>();
  const tally = new Tally();
  const lock = new FleetLock(thisHolder(typedIn(report)), ({ host }) => farewell(host, tally, failures, session));
  const deafen = report.listen((event) => tally.add(event));
  try {
    const first = await learn(shares, ['preflight'], session, { ...options, look: !options.check }, failures);
    const plans = options.check ? first : await settle(first, shares, lock, session, options, failures);
    const changing = plans.filter((plan) => pendingOf(plan).length > 0);
    const pending = changing.reduce((sum, plan) => sum + pendingOf(plan).length, 0);
    if (saved && options.plan) refuseOther(options.plan, saved, plans);
    // What compares texts takes its time to load, and few plans show them.
    const compared = options.diff ? await import('./report/hunks.ts') : undefined;
    report.emit(plannedEvent(plans, compared?.hunks));
    refuseOn(
      plans.flatMap(({ outcomes }) => outcomes),
      report,
      pending > 0,
    );
    if (options.out) savePlan(options.out, inventory.env, only(selection), plans);
    const stopped = options.anyErrorsFatal === true && failures.size > 0;
    if (pending > 0 && !options.check && !stopped) {
      const what = `${pending} change${pending === 1 ? '' : 's'}`;
      await confirm(inventory.env, what, options.yes || saved !== undefined);
      report.emit({ type: 'confirmed', what, how: saved ? 'saved' : options.yes ? 'flag' : 'typed' });
      await takeHosts(changing, lock, session, options);
      options.onApply?.(changing.flatMap(pendingOf).map(({ wanted }) => wanted.resource));
      await applyAll(book.plays, plans, session, lock, options, failures);
    } else report.emit({ type: 'unchanged', pending, check: options.check, unread: failures.size });
    try {
      if (failures.size === 0 && !options.check) {
        if (pending > 0) await verifyAll(shares, session, lock, options, failures);
        await checkAll(shares, ['gate'], session, report);
      }
    } finally {
      report.emit({ type: 'recap', hosts: recapOf(shares, session, tally), ms: Date.now() - began });
    }
    for (const error of failures.values()) report.emit({ type: 'failed', ...failureOf(error) });
    const [failure] = failures.values();
    if (failure) return ERRORS[failure.code].exit;
    return options.detailedExitcode && pending > 0 ? EXIT_CHANGED : 0;
  } finally {
    deafen();
    await lock.releaseAll(report);
    await session.close();
  }
}

/** What is put on record when a host is given back. A run that changed nothing there leaves no trace. */
function farewell({ name }: Host, tally: Tally, failures: ReadonlyMap<string, KitError>, session: Session): Piece[] {
  const { changed } = tally.of(name);
  const error = failures.get(name);
  if (changed === 0 && !error) return [];
  const { report, inventory } = session.controller;
  return [new Audit(report, inventory.env).runEnded(name, changed, error?.exit ?? 0)];
}

/** What narrows a run, for the saved plan. */
function only({ limit, tags }: { limit?: string; tags?: string }): { limit?: string; tags?: string } {
  return { ...(limit ? { limit } : {}), ...(tags ? { tags } : {}) };
}

/** Play by play; hosts of a play in parallel, or one by one where the play is rolling. A failed host takes no further part. */
async function applyAll(
  plays: readonly Play[],
  plans: readonly HostPlan[],
  session: Session,
  lock: FleetLock,
  { report }: { report: Reporter },
  failures: Map<string, KitError>,
): Promise<void> {
  const absent = failures.size;
  for (const [index, { title, strategy = 'parallel' }] of plays.entries()) {
    const due = plans.filter((plan) => pendingOf(plan).some(({ wanted }) => wanted.play === index));
    if (due.length === 0) continue;
    // What a later play builds on is not there: it would only add noise to the first fault. Hosts that could not even be
    // reached were told before; the others are finished.
    if (failures.size > absent) return;
    report.emit({ type: 'play-started', play: title, hosts: due.map(({ host }) => host.name), strategy });
    const bound = strategy === 'rolling' ? 1 : HOSTS_AT_ONCE;
    const results = await inParallel(due, bound, async (plan) => {
      if (strategy === 'rolling' && failures.size > absent) return;
      const { host } = plan;
      const began = Date.now();
      try {
        const changed = await applyPlay(session.connection(host), plan, { index, title }, session.controller, lock);
        report.emit({ type: 'host-done', host: host.name, play: title, changed, ms: Date.now() - began });
      } catch (reason) {
        fail(failures, host, reason, report);
      }
    });
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }
}

/** What became of every host of the run, and what it took to find out. */
function recapOf(shares: readonly Share[], session: Session, tally: Tally): BodyOf<'recap'>['hosts'] {
  return shares.map(({ host }) => {
    const { executions, tunnels } = session.connection(host);
    return { host: host.name, ...tally.of(host.name), executions, tunnels };
  });
}

/** The roles of a playbook as the schemas that check the inventory. */
export function schemasOf(roles: readonly Role[]): Record<string, Role['schema']> {
  return Object.fromEntries(roles.map(({ name, schema }) => [name, schema]));
}
