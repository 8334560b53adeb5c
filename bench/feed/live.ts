/** The whole way at a steady rate: what arrives of what is offered, and what it costs the processes of the ws-server. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Reporter } from '#engine/report/reporter.ts';
import type { LoadResult } from '../../apps/loadtest/result.ts';
import { runLoad } from '../../apps/loadtest/run.ts';
import { Arrivals } from './arrivals.ts';
import type { Crowd, Front } from './front.ts';
import { cpuSeconds } from './process.ts';
import { Source } from './source.ts';

const WARM_MS = 3_000;
const SETTLE_MAX_SECONDS = 60;
/** Less than this share of what was offered is not kept up with. */
export const KEPT_UP = 0.98;
const BEHIND_MAX_MS = 500;

export interface Spent {
  readonly reader: number;
  readonly worker: number;
}

/** CPU seconds for a million messages. */
export const perMillion = ({ reader, worker }: Spent, messages: number): Spent => ({
  reader: (reader / messages) * 1e6,
  worker: (worker / messages) * 1e6,
});

/** Events that neither came nor were told as a gap, and such as Kafka knows nothing of. */
export const unexplained = ({ checked: { against } }: LoadResult): number =>
  against ? against.lost + against.foreign : Number.NaN;

export function tell(report: Reporter, what: string, load: LoadResult, spent: Spent): void {
  const { lost = 0, told = 0, expected = 0, foreign = 0 } = load.checked.against ?? {};
  const { repeated, disordered, clients } = load.checked;
  const lines = [
    `  ${what}, p50 ${load.latencyMs.p50} ms, p99 ${load.latencyMs.p99} ms`,
    `    CPU seconds for a million messages: reader ${spent.reader.toFixed(1)}, worker ${spent.worker.toFixed(1)}`,
    `    ${clients} clients checked: ${expected} expected, ${lost} lost, ${told} told as gaps, ${repeated} repeated, ${disordered} out of order, ${foreign} not in the log; ends ${JSON.stringify(load.ends)}`,
    ...load.self.bottleneck.map((reason) => `    LOAD GENERATOR: ${reason}`),
  ];
  report.lines(lines.join('\n'));
}

export interface LiveFlow extends Crowd {
  /** Messages, each to all clients of its token. */
  readonly perSecond: number;
  readonly seconds: number;
  /** Called when the measurement begins and ends. */
  readonly onMeasure?: (running: boolean) => void;
}

export async function live(front: Front, { perSecond, seconds, onMeasure, ...crowd }: LiveFlow, report: Reporter) {
  const flow = { perSecond, count: Number.MAX_SAFE_INTEGER, tokens: crowd.tokens };
  const [reader, worker] = [await front.pid('reader'), await front.pid('worker')];
  const settled = new AbortController();
  const arrivals = new Arrivals();
  let source: Source | undefined;
  const look = () => {
    const { sent = 0, ms = 0, behindMs = 0, cpu = 0 } = source?.report ?? {};
    return { sent, ms, behindMs, cpu, reader: cpuSeconds(reader), worker: cpuSeconds(worker) };
  };
  let [before, after] = [look(), look()];
  const load = await runLoad({
    plan: front.plan(crowd),
    seconds,
    settleSeconds: SETTLE_MAX_SECONDS,
    brokers: front.kafka.brokers,
    signal: settled.signal,
    onSnapshot: arrivals.see,
    onConnected: async () => {
      source = new Source(front.kafka.address, flow);
      await sleep(WARM_MS);
    },
    onMeasure: (running) => {
      onMeasure?.(running);
      if (running) {
        before = look();
        return;
      }
      after = look();
      source?.stop();
      void arrivals.end(Number.POSITIVE_INFINITY).then(() => settled.abort());
    },
  });
  const sent = after.sent - before.sent;
  const offered = (sent * 1000) / (after.ms - before.ms);
  const spent = perMillion({ reader: after.reader - before.reader, worker: after.worker - before.worker }, sent);
  const share = load.deliveries.perSecond / ((offered * crowd.clients) / crowd.tokens);
  const percent = (share * 100).toFixed(1);
  const { welcomed } = load.clients;
  tell(
    report,
    `live: offered ${Math.round(offered)} messages/s to ${welcomed} clients, ${load.deliveries.perSecond} deliveries/s (${percent} %)`,
    load,
    spent,
  );
  report.lines(`    source: ${after.cpu.toFixed(2)} cores, ${Math.round(after.behindMs)} ms behind its clock`);
  if (after.behindMs > BEHIND_MAX_MS || offered < KEPT_UP * perSecond)
    report.lines('    SOURCE: it does not keep up itself: the figures are its own');
  return { load, share, spent };
}
