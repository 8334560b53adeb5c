import { createHash } from 'node:crypto';
import { KitError } from './errors.ts';
import type { Facts } from './facts.ts';
import type { Finding, HostPlan } from './plan.ts';
import type { HostKind } from './resource.ts';

/** JSON with sorted keys, in which maps and sets have their entries: equal values give equal text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (inner instanceof Map) return [...inner].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
    if (inner instanceof Set) return [...inner].sort();
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) {
      return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
    }
    return inner;
  });
}

function hash(value: unknown): string {
  return createHash('sha256')
    .update(canonical(value) ?? '')
    .digest('hex')
    .slice(0, 16);
}

/** A finding as a line that can be compared and kept: what would be done, why, and a digest of what was seen. */
export interface PlannedLine {
  role: string;
  resource: string;
  state: 'change' | 'blocked';
  action?: '+' | '~' | '-';
  /** What differs; for what is blocked, what it waits for. */
  summary: string;
  /** Digest of the state that the decision was made from. */
  seen: string;
  /** Digest of what is wanted. */
  wanted: string;
}

/** What a finding would do, as it is compared. Undefined where there is nothing to do. */
export function plannedLine({ wanted, decision, seen }: Finding, facts: Facts): PlannedLine | undefined {
  if (decision.state === 'ok') return undefined;
  const { role, resource } = wanted;
  const common = { role, resource: resource.id, wanted: hash(resource.args) };
  if (decision.state === 'blocked') return { ...common, state: 'blocked', summary: decision.after, seen: '' };
  const kind = resource.kind as HostKind;
  const stable = kind.where === 'host' && kind.digest ? kind.digest(resource.args, seen, facts) : seen;
  return { ...common, state: 'change', action: decision.action, summary: decision.summary, seen: hash(stable) };
}

/** Everything that a host's plan would do. */
export function plannedLines({ findings, facts }: Pick<HostPlan, 'findings' | 'facts'>): PlannedLine[] {
  return findings.flatMap((finding) => plannedLine(finding, facts) ?? []);
}

/** Throws `plan-stale`, naming what moved, unless `now` is exactly what was planned. */
export function refuseStale(
  host: string,
  planned: readonly PlannedLine[],
  now: readonly PlannedLine[],
  next: string,
): void {
  const key = ({ role, resource }: PlannedLine): string => `${role}: ${resource}`;
  const then = new Map(planned.map((line) => [key(line), line]));
  const moved = now
    .filter((line) => canonical(then.get(key(line))) !== canonical(line))
    .map((line) => describe(key(line), then.get(key(line)), line));
  const names = new Set(now.map(key));
  const gone = planned
    .filter((line) => !names.has(key(line)))
    .map((line) => `${key(line)}: planned, but there is nothing to do now`);
  const lines = [...moved, ...gone];
  if (lines.length === 0) return;
  throw new KitError('plan-stale', 'the host has moved on since the plan was made; nothing was changed', {
    host,
    lastLines: lines.join('\n'),
    next,
  });
}

function describe(name: string, planned: PlannedLine | undefined, now: PlannedLine): string {
  if (!planned) return `${name}: not planned, but now: ${now.summary}`;
  if (planned.wanted !== now.wanted) return `${name}: something else is wanted than when the plan was made`;
  if (planned.summary !== now.summary) return `${name}: planned "${planned.summary}", now "${now.summary}"`;
  return `${name}: its state is not the one that the plan was made from`;
}
