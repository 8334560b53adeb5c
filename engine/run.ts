import { applyPlay } from './apply.ts';
import type { Outcome, Phase } from './check.ts';
import { confirm } from './confirm.ts';
import { describeError, ERRORS, KitError } from './errors.ts';
import type { Host, Inventory } from './inventory/inventory.ts';
import { unknownWord } from './inventory/problems.ts';
import { limitHosts, selectHosts } from './inventory/select.ts';
import { inParallel } from './parallel.ts';
import { type HostPlan, type OwnedCheck, pendingOf, planHost, type Wanted } from './plan.ts';
import { checkText } from './report/check-text.ts';
import { planText } from './report/plan-text.ts';
import { type HostRecap, recapOf, recapText } from './report/recap.ts';
import { type Reporter, seconds } from './report/reporter.ts';
import type { Resource } from './resource.ts';
import { type Play, type Playbook, type Role, rolesOf } from './role.ts';
import { type Services, Session } from './session.ts';

export interface RunOptions {
  /** Show what would change, and change nothing. */
  check: boolean;
  /** With the plan: the texts that differ. */
  diff: boolean;
  limit?: string;
  /** Roles, comma-separated: only these. */
  tags?: string;
  yes: boolean;
  /** Exit 10 when something changed or would change. */
  detailedExitcode: boolean;
  report: Reporter;
  services: Services;
  /** Told what is about to change, once it is confirmed: work on this machine can begin at once. */
  onApply?(changing: readonly Resource[]): void;
  /** The image reference of a release, as hosts pull it. */
  image(name: string): string;
}

/** At most this many hosts at once: below sshd's MaxStartups. */
const HOSTS_AT_ONCE = 10;
/** With --detailed-exitcode, where something changed or would change. */
export const EXIT_CHANGED = 10;

/** One host's share of a playbook. */
interface Share {
  host: Host;
  wanted: Wanted[];
  checks: OwnedCheck[];
}

/** Runs a playbook: learn, plan, show, confirm, apply play by play, check. Returns the exit code. */
export async function runPlaybook(book: Playbook, inventory: Inventory, options: RunOptions): Promise<number> {
  const began = Date.now();
  const { report } = options;
  const shares = shareOut(book, inventory, options);
  const session = new Session(inventory, report, options.services);
  const failures = new Map<string, KitError>();
  const recaps = new Map<string, Partial<HostRecap>>();
  try {
    const plans = await learn(shares, ['preflight'], session, options, failures);
    const pending = plans.reduce((sum, plan) => sum + pendingOf(plan).length, 0);
    if (pending > 0) report.lines(`\n${planText(plans, options.diff)}`);
    refuseOn(
      plans.flatMap(({ outcomes }) => outcomes),
      report,
      pending > 0,
    );
    for (const plan of plans) recaps.set(plan.host.name, { ok: plan.findings.length - pendingOf(plan).length });
    if (pending > 0 && !options.check) {
      await confirm(inventory.env, `${pending} change${pending === 1 ? '' : 's'}`, options.yes);
      options.onApply?.(plans.flatMap(pendingOf).map(({ wanted }) => wanted.resource));
      await applyAll(book.plays, plans, session, report, failures, recaps);
    } else
      report.lines(pending === 0 ? '\nNothing to change.' : `\n${pending} to change; nothing was changed (--check).`);
    try {
      if (failures.size === 0 && !options.check) {
        if (pending > 0) await verifyAll(shares, session, options, failures);
        await checkAll(shares, ['gate'], session, report);
      }
    } finally {
      report.lines(recapAll(shares, session, recaps, failures, began));
    }
    for (const error of failures.values()) report.lines(`\n${describeError(error)}`);
    const [first] = failures.values();
    if (first) return ERRORS[first.code].exit;
    return options.detailedExitcode && pending > 0 ? EXIT_CHANGED : 0;
  } finally {
    await session.close();
  }
}

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
    options.report.lines(checkText(outcomes));
    for (const error of failures.values()) options.report.lines(`\n${describeError(error)}`);
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
async function verifyAll(
  shares: readonly Share[],
  session: Session,
  options: RunOptions,
  failures: Map<string, KitError>,
): Promise<void> {
  options.report.heading('is it as it should be?');
  const bare = shares.map((share) => ({ ...share, wanted: [] }));
  const plans = await learn(bare, ['verify'], session, options, failures);
  const bad = plans.flatMap(({ outcomes }) => outcomes).filter(({ verdict }) => !verdict.ok);
  if (bad.length > 0) options.report.lines(checkText(bad));
  const critical = bad.find(({ check }) => check.severity === 'critical');
  if (!critical || critical.verdict.ok) return;
  const { message, next } = critical.verdict;
  throw new KitError('check-failed', message, {
    host: critical.host,
    role: critical.role,
    resource: critical.check.id,
    ...(next ? { next } : {}),
  });
}

/** Which resources and checks each host gets, after --limit and --tags. */
function shareOut(book: Playbook, inventory: Inventory, { limit, tags, image }: RunOptions): Share[] {
  const limited = limit ? new Set(limitHosts(inventory, limit)) : undefined;
  const known = rolesOf(book).map(({ name }) => name);
  const chosen = tags?.split(',').map((tag) => tag.trim());
  for (const tag of chosen ?? []) {
    if (!known.includes(tag))
      throw new KitError('unknown-role', unknownWord('role', tag, known), { next: `--tags ${known.join(',')}` });
  }
  const shares = new Map<Host, Share>();
  for (const [index, { hosts, roles }] of book.plays.entries()) {
    for (const host of selectHosts(inventory, hosts)) {
      if (limited && !limited.has(host)) continue;
      const share = shares.get(host) ?? { host, wanted: [], checks: [] };
      shares.set(host, share);
      for (const role of roles) {
        if (chosen && !chosen.includes(role.name)) continue;
        const context = { host, inventory, vars: host.vars[role.name], image };
        share.wanted.push(...role.resources(context).map((resource) => ({ role: role.name, play: index, resource })));
        share.checks.push(...role.checks(context).map((check) => ({ role: role.name, check })));
      }
    }
  }
  return [...shares.values()];
}

/** One execution per host: facts, states, checks. Hosts that cannot be learnt of end up in `failures`. */
async function learn(
  shares: readonly Share[],
  phases: readonly Phase[],
  session: Session,
  { diff, report }: RunOptions,
  failures: Map<string, KitError>,
): Promise<HostPlan[]> {
  const results = await inParallel(shares, HOSTS_AT_ONCE, async ({ host, wanted, checks }) => {
    const began = Date.now();
    const asked = checks.filter(({ check }) => check.phases.some((phase) => phases.includes(phase)));
    const plan = await planHost(session.connection(host), wanted, asked, session.controller, { diff });
    report.done(
      host.name,
      wanted.length > 0 ? `${wanted.length} resources read` : `${asked.length} checks asked`,
      Date.now() - began,
    );
    return plan;
  });
  return results.flatMap((result, i) => {
    if (result.status === 'fulfilled') return [result.value];
    fail(failures, (shares[i] as Share).host, result.reason);
    return [];
  });
}

function fail(failures: Map<string, KitError>, host: Host, reason: unknown): void {
  if (!(reason instanceof KitError)) throw reason;
  reason.context.host ??= host.name;
  failures.set(host.name, reason);
}

/** Before the first change: a failed critical check stops everything. */
function refuseOn(outcomes: readonly Outcome[], report: Reporter, changing: boolean): void {
  const bad = outcomes.filter(({ verdict }) => !verdict.ok);
  if (bad.length > 0) report.lines(`\n${checkText(bad)}`);
  const critical = bad.find(({ check }) => check.severity === 'critical');
  if (!critical || critical.verdict.ok || !changing) return;
  throw new KitError(critical.verdict.code ?? 'preflight-failed', `${critical.verdict.message}; nothing was changed`, {
    host: critical.host,
    role: critical.role,
    resource: critical.check.id,
    ...(critical.verdict.lastLines ? { lastLines: critical.verdict.lastLines } : {}),
    ...(critical.verdict.next ? { next: critical.verdict.next } : {}),
  });
}

/** Play by play; hosts of a play in parallel, or one by one where the play is rolling. A failed host takes no further part. */
async function applyAll(
  plays: readonly Play[],
  plans: readonly HostPlan[],
  session: Session,
  report: Reporter,
  failures: Map<string, KitError>,
  recaps: Map<string, Partial<HostRecap>>,
): Promise<void> {
  for (const [index, { title, strategy }] of plays.entries()) {
    const due = plans.filter((plan) => pendingOf(plan).some(({ wanted }) => wanted.play === index));
    if (due.length === 0) continue;
    // What a later play builds on is not there: it would only add noise to the first fault.
    if (failures.size > 0) return;
    report.heading(title);
    const bound = strategy === 'rolling' ? 1 : HOSTS_AT_ONCE;
    const results = await inParallel(due, bound, async (plan) => {
      if (strategy === 'rolling' && failures.size > 0) return 0;
      try {
        return await applyPlay(session.connection(plan.host), plan, index, session.controller);
      } catch (reason) {
        fail(failures, plan.host, reason);
        return 0;
      }
    });
    for (const [i, result] of results.entries()) {
      if (result.status === 'rejected') throw result.reason;
      const { host } = due[i] as HostPlan;
      const recap = recaps.get(host.name) ?? {};
      recaps.set(host.name, { ...recap, changed: (recap.changed ?? 0) + result.value });
    }
  }
}

/** Controller checks of these phases, such as the gate. Throws `check-failed` on the first critical one that fails. */
async function checkAll(
  shares: readonly Share[],
  phases: readonly Phase[],
  session: Session,
  report: Reporter,
): Promise<void> {
  for (const { host, checks } of shares) {
    for (const { role, check } of checks) {
      if (check.where !== 'controller' || !check.phases.some((phase) => phases.includes(phase))) continue;
      const began = Date.now();
      const verdict = await check.run(host, session.controller);
      if (verdict.ok)
        report.done(host.name, `${check.title}${verdict.note ? `: ${verdict.note}` : ''}`, Date.now() - began);
      else if (check.severity === 'warning') report.warn(host.name, verdict.message);
      else {
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

function recapAll(
  shares: readonly Share[],
  session: Session,
  recaps: ReadonlyMap<string, Partial<HostRecap>>,
  failures: ReadonlyMap<string, KitError>,
  began: number,
): string {
  const lines = shares.map(({ host }) => {
    const error = failures.get(host.name);
    const unreachable = error !== undefined && error.exit === ERRORS.unreachable.exit;
    return recapOf(session.connection(host), {
      ...recaps.get(host.name),
      failed: error && !unreachable ? 1 : 0,
      unreachable: unreachable ? 1 : 0,
    });
  });
  return `\n${recapText(lines)}\n  in ${seconds(Date.now() - began)}`;
}

/** The roles of a playbook as the schemas that check the inventory. */
export function schemasOf(roles: readonly Role[]): Record<string, Role['schema']> {
  return Object.fromEntries(roles.map(({ name, schema }) => [name, schema]));
}
