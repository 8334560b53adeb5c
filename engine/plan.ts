import type { Check, HostCheck, Outcome, Verdict } from './check.ts';
import { KitError } from './errors.ts';
import { FACTS_ID, type Facts, factsPiece, readFacts } from './facts.ts';
import type { Host } from './inventory/inventory.ts';
import { leaseIn } from './lock/fleet-lock.ts';
import type { Lease } from './lock/shell.ts';
import { type Answer, type Piece, timedOut } from './program.ts';
import {
  type Controller,
  type Decision,
  type HostKind,
  isUnavailable,
  type ProbeOptions,
  type Resource,
} from './resource.ts';
import { type Connection, cutOff } from './transport/connection.ts';

/** A resource of one host, with where it comes from. */
export interface Wanted {
  role: string;
  play: number;
  resource: Resource;
}

/** What is known of one resource. */
export type Finding =
  | { wanted: Wanted; decision: Decision; seen: unknown }
  /** Its state cannot be read until something else is there. */
  | { wanted: Wanted; decision: { state: 'blocked'; after: string }; seen: undefined };

/** A check of one host, with the role that owns it. */
export interface OwnedCheck {
  role: string;
  check: Check;
}

/** What one execution told about a host. */
export interface HostPlan {
  host: Host;
  facts: Facts;
  findings: Finding[];
  /** Outcomes of the host checks that were asked along. */
  outcomes: Outcome[];
  /** Who has the host, if that was asked and somebody has. */
  lease?: Lease | undefined;
}

const PROBE_S = 10;
const CHECK_S = 10;
/** A probe that asks for more time than this may need it. */
const MOST_QUICK_S = 15;
/** All probes of a host together. */
const DEADLINE_S = 120;

const isHostKind = (kind: Resource['kind']): kind is HostKind => kind.where === 'host';

/** Resources by kind, in order of first appearance: each kind probes all of its resources at once. */
function byKind(wanted: readonly Wanted[]): Map<HostKind, Wanted[]> {
  const groups = new Map<HostKind, Wanted[]>();
  for (const each of wanted) {
    const { kind } = each.resource;
    if (!isHostKind(kind)) continue;
    const group = groups.get(kind);
    if (group) group.push(each);
    else groups.set(kind, [each]);
  }
  return groups;
}

/** The probe pieces of these resources: one per kind. */
export function probePieces(wanted: readonly Wanted[], options: ProbeOptions): Piece[] {
  return [...byKind(wanted)].map(([kind, group]) => ({
    id: `probe:${kind.name}`,
    script: kind.probe(
      group.map(({ resource }) => resource.args),
      options,
    ),
    timeoutSeconds: kind.timeoutSeconds ?? PROBE_S,
    quick: (kind.timeoutSeconds ?? PROBE_S) <= MOST_QUICK_S,
  }));
}

/** Decides from the answers of {@link probePieces}. Controller kinds are left out: see {@link observe}. */
export function decideAll(
  host: Host,
  wanted: readonly Wanted[],
  answers: ReadonlyMap<string, Answer>,
  facts: Facts,
): Map<Wanted, Finding> {
  const findings = new Map<Wanted, Finding>();
  for (const [kind, group] of byKind(wanted)) {
    const answer = answers.get(`probe:${kind.name}`);
    if (!answer)
      throw new KitError('probe-failed', 'the probe gave no answer', { host: host.name, resource: kind.name });
    if (timedOut(answer)) {
      // One hung tool spoils the answers of its kind, not the run.
      const after = `its probe, which did not answer within ${kind.timeoutSeconds ?? PROBE_S} s, answers`;
      for (const each of group)
        findings.set(each, { wanted: each, decision: { state: 'blocked', after }, seen: undefined });
      continue;
    }
    const all = kind.read(
      answer.output,
      group.map(({ resource }) => resource.args),
    );
    for (const [i, each] of group.entries()) {
      const seen = all[i];
      findings.set(
        each,
        isUnavailable(seen)
          ? { wanted: each, decision: { state: 'blocked', after: seen.unavailable }, seen: undefined }
          : { wanted: each, decision: kind.decide(each.resource.args, seen, facts), seen },
      );
    }
  }
  return findings;
}

/** The state of a resource that is reached from the controller. */
export async function observe(host: Host, wanted: Wanted, controller: Controller): Promise<Finding> {
  const { kind, args } = wanted.resource;
  if (kind.where !== 'controller')
    throw new KitError('internal', `${wanted.resource.id} is not reached from the controller`);
  const seen = await kind.observe(args, host, controller);
  return isUnavailable(seen)
    ? { wanted, decision: { state: 'blocked', after: seen.unavailable }, seen: undefined }
    : { wanted, decision: kind.decide(args, seen), seen };
}

/** The same, but only if the role that it builds on is as wanted; there is nothing to ask before. */
async function observeAfter(
  host: Host,
  wanted: Wanted,
  findings: readonly Finding[],
  controller: Controller,
): Promise<Finding> {
  const { kind } = wanted.resource;
  const after = kind.where === 'controller' ? kind.after : '';
  const ready = findings.every(({ wanted: { role }, decision }) => role !== after || decision.state === 'ok');
  return ready ? observe(host, wanted, controller) : { wanted, decision: { state: 'blocked', after }, seen: undefined };
}

/** The pieces of host checks. */
export function checkPieces(checks: readonly OwnedCheck[]): Piece[] {
  return hostChecks(checks).map(({ check }) => ({
    id: `check:${check.id}`,
    script: check.probe,
    timeoutSeconds: check.timeoutSeconds ?? CHECK_S,
    // A check that asks for time of its own may need it.
    quick: check.timeoutSeconds === undefined,
  }));
}

function hostChecks(checks: readonly OwnedCheck[]): { role: string; check: HostCheck }[] {
  return checks.flatMap(({ role, check }) => (check.where === 'host' ? [{ role, check }] : []));
}

/** Judges the answers of {@link checkPieces}. */
export function judgeAll(
  host: Host,
  checks: readonly OwnedCheck[],
  answers: ReadonlyMap<string, Answer>,
  facts: Facts,
): Outcome[] {
  return hostChecks(checks).map(({ role, check }) => {
    const answer = answers.get(`check:${check.id}`);
    return { host: host.name, role, check, verdict: verdictOf(check, answer, facts) };
  });
}

function verdictOf(check: HostCheck, answer: Answer | undefined, facts: Facts): Verdict {
  if (!answer) return { ok: false, message: 'the check gave no answer' };
  if (timedOut(answer)) return { ok: false, message: 'the check did not answer in time', lastLines: answer.output };
  try {
    return check.judge(answer, facts);
  } catch (cause) {
    // A judge may parse what it is given; a stranger on the port, or a service that is starting, answers otherwise.
    const message = `the answer cannot be understood: ${cause instanceof Error ? cause.message : String(cause)}`;
    return { ok: false, message, lastLines: answer.output };
  }
}

/**
 * Learns everything about one host in one remote execution: facts, the state of all its resources and the given checks.
 * Resources of controller kinds are observed through tunnels, and only if nothing on the host stands in their way.
 * `before` are pieces that run first in the same execution. With `ahead` it may have been asked before the run began in earnest.
 */
export async function planHost(
  connection: Connection,
  wanted: readonly Wanted[],
  checks: readonly OwnedCheck[],
  controller: Controller,
  { ahead = false, ...options }: ProbeOptions & { ahead?: boolean },
  before: readonly Piece[] = [],
): Promise<HostPlan> {
  const { host } = connection;
  const pieces = [...before, factsPiece, ...probePieces(wanted, options), ...checkPieces(checks)];
  const execution = await connection.execute(pieces, {
    deadlineSeconds: DEADLINE_S,
    ahead,
  });
  const { answers, stderr } = execution;
  const cut = cutOff(host, execution);
  if (cut && (answers.size > 0 || execution.unfinished)) throw cut;
  if (answers.size === 0)
    throw new KitError('probe-failed', 'the host ran nothing of the probe', { host: host.name, lastLines: stderr });
  const facts = readFacts(host.name, answers.get(FACTS_ID));
  const decided = decideAll(host, wanted, answers, facts);
  const findings: Finding[] = [];
  for (const each of wanted) findings.push(decided.get(each) ?? (await observeAfter(host, each, findings, controller)));
  return { host, facts, findings, outcomes: judgeAll(host, checks, answers, facts), lease: leaseIn(answers) };
}

/** The findings that are not as they should be. */
export function pendingOf(plan: HostPlan): Finding[] {
  return plan.findings.filter(({ decision }) => decision.state !== 'ok');
}
