/** What a run found, as `--json` prints it. */

import { Histogram, type LatencySummary } from './histogram.ts';
import type { WorkerResult } from './messages.ts';
import type { LoadPlan } from './plan.ts';
import type { Verdict } from './verdict.ts';

/** Above either, figures say more about this load generator than about the server. */
const LOOP_DELAY_MAX_MS = 50;
const CPU_MAX = 0.9;
/** A counting client is short when it got less than this share of what others of its tokens got. */
const SHORT_SHARE = 0.95;
const SHORT_FRAMES = 20;

export interface LoadResult {
  readonly ok: boolean;
  readonly clients: { readonly asked: number; readonly welcomed: number; readonly stalled: number };
  readonly seconds: number;
  readonly deliveries: { readonly total: number; readonly perSecond: number; readonly bytesPerSecond: number };
  /** From an event's timestamp to its arrival, and from a connect's scheduled time to its answer. */
  readonly latencyMs: LatencySummary;
  readonly connectMs: LatencySummary;
  /** How connections ended: close codes, `http_503`, error codes. 1000 is our own at the end. */
  readonly ends: Record<string, number>;
  readonly stalledEnds: Record<string, number>;
  readonly checked: {
    readonly clients: number;
    readonly repeated: number;
    readonly disordered: number;
    /** Null without `--brokers`: only Kafka knows what should have come. */
    readonly against: Omit<Verdict, 'clients'> | null;
  };
  /** Counting clients that got clearly less than others of the same tokens. */
  readonly short: number;
  readonly self: {
    readonly bottleneck: readonly string[];
    readonly workers: readonly { readonly loopDelayMs: number; readonly cpu: number }[];
  };
}

/** `opened`: clients whose handshake was answered. */
export function summarize(
  plan: LoadPlan,
  opened: number,
  results: readonly WorkerResult[],
  verdict: Verdict | undefined,
): LoadResult {
  const latency = new Histogram();
  const connect = new Histogram();
  for (const { progress, connectMs } of results) {
    latency.merge(progress.latency);
    connect.merge(connectMs);
  }
  const ends = sum(results.map((result) => result.ends));
  const ledgers = results.flatMap((result) => result.ledgers);
  const total = results.reduce((all, { measured }) => all + measured.frames, 0);
  const bytes = results.reduce((all, { measured }) => all + measured.bytes, 0);
  const seconds = Math.max(...results.map(({ measured }) => measured.ms)) / 1000;
  const repeated = ledgers.reduce((all, ledger) => all + ledger.repeated, 0);
  const disordered = ledgers.reduce((all, ledger) => all + ledger.disordered, 0);
  const against = verdict && without(verdict);
  const faults = repeated + disordered + (against ? against.lost + against.foreign : 0);
  const early = Object.entries(ends).some(([how, count]) => how !== '1000' && count > 0);
  return {
    ok: faults === 0 && opened === plan.clients && !early,
    clients: { asked: plan.clients, welcomed: opened, stalled: plan.stall },
    seconds: Math.round(seconds * 10) / 10,
    deliveries: { total, perSecond: Math.round(total / seconds), bytesPerSecond: Math.round(bytes / seconds) },
    latencyMs: latency.summary(),
    connectMs: connect.summary(),
    ends,
    stalledEnds: sum(results.map((result) => result.stalledEnds)),
    checked: { clients: ledgers.length, repeated, disordered, against: against ?? null },
    short: short(results.flatMap(({ counted }) => counted)),
    self: {
      bottleneck: bottlenecks(results),
      workers: results.map(({ progress: { loopDelayMs, cpu } }) => ({ loopDelayMs, cpu })),
    },
  };
}

function bottlenecks(results: readonly WorkerResult[]): string[] {
  return results.flatMap(({ progress: { loopDelayMs, cpu } }, index) => [
    ...(loopDelayMs > LOOP_DELAY_MAX_MS ? [`load process ${index}: its event loop lags ${loopDelayMs} ms (p99)`] : []),
    ...(cpu > CPU_MAX ? [`load process ${index}: uses ${Math.round(cpu * 100)} % of a core`] : []),
  ]);
}

function without({ clients: _, ...rest }: Verdict): Omit<Verdict, 'clients'> {
  return rest;
}

function sum(counts: readonly Record<string, number>[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const each of counts) for (const [how, count] of Object.entries(each)) all[how] = (all[how] ?? 0) + count;
  return all;
}

function short(counted: readonly { tokens: string; frames: number }[]): number {
  const groups = Map.groupBy(counted, ({ tokens }) => tokens);
  return [...groups.values()].reduce((all, group) => {
    const frames = group.map((each) => each.frames).sort((a, b) => a - b);
    const middle = frames[Math.floor(frames.length / 2)] ?? 0;
    return all + frames.filter((each) => each < middle * SHORT_SHARE && each < middle - SHORT_FRAMES).length;
  }, 0);
}
