/**
 * Kafka in front of the ws-server, one process of which reads and one serves: live, and with a backlog to catch up with.
 * Every record goes to 30 of 6,000 clients, and what came is compared with what Kafka holds. Broker, source and clients
 * have the same cores as the ws-server: on two of them, it is the CPU time of a message that tells most.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Reporter } from '#engine/report/reporter.ts';
import type { LoadResult } from '../../apps/loadtest/result.ts';
import { runLoad } from '../../apps/loadtest/run.ts';
import { atLeast, atMost, type Goal, measured } from '../bench.ts';
import { Arrivals } from './arrivals.ts';
import { Front } from './front.ts';
import { cpuSeconds, onAllCores } from './process.ts';
import { Source } from './source.ts';

const CLIENTS = 6_000;
const TOKENS = 200;
const FAN_OUT = CLIENTS / TOKENS;
const CHECKED = 60;
const PER_SECOND = 20_000;
const SECONDS = 15;
const WARM_MS = 3_000;
const SETTLE_MAX_SECONDS = 60;
const BACKLOG = 500_000;
const DRAIN_MAX_SECONDS = 240;
/** Less than this share of what was offered is not kept up with. */
const KEPT_UP = 0.98;
const BEHIND_MAX_MS = 500;

interface Spent {
  readonly reader: number;
  readonly worker: number;
}

/** CPU seconds for a million messages. */
const perMillion = ({ reader, worker }: Spent, messages: number): Spent => ({
  reader: (reader / messages) * 1e6,
  worker: (worker / messages) * 1e6,
});

function tell(report: Reporter, what: string, load: LoadResult, spent: Spent): void {
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

async function live(front: Front, report: Reporter) {
  const flow = { perSecond: PER_SECOND, count: Number.MAX_SAFE_INTEGER, tokens: TOKENS };
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
    plan: front.plan({ clients: CLIENTS, tokens: TOKENS, checked: CHECKED }),
    seconds: SECONDS,
    settleSeconds: SETTLE_MAX_SECONDS,
    brokers: front.kafka.brokers,
    signal: settled.signal,
    onSnapshot: arrivals.see,
    onConnected: async () => {
      source = new Source(front.kafka.address, flow);
      await sleep(WARM_MS);
    },
    onMeasure: (running) => {
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
  const share = load.deliveries.perSecond / (offered * FAN_OUT);
  tell(
    report,
    `live: offered ${Math.round(offered)} messages/s to ${load.clients.welcomed} clients, ${load.deliveries.perSecond} deliveries/s (${(share * 100).toFixed(1)} %)`,
    load,
    spent,
  );
  report.lines(`    source: ${after.cpu.toFixed(2)} cores, ${Math.round(after.behindMs)} ms behind its clock`);
  if (after.behindMs > BEHIND_MAX_MS || offered < KEPT_UP * PER_SECOND)
    report.lines('    SOURCE: it does not keep up itself: the figures are its own');
  return { load, share, spent };
}

async function backlog(front: Front, report: Reporter) {
  const worker = await front.pid('worker');
  const ended = new AbortController();
  const arrivals = new Arrivals();
  let found = { seconds: Number.NaN, frames: 0, spent: { reader: 0, worker: 0 } };
  const drain = async () => {
    await sleep(WARM_MS);
    const { frames } = arrivals;
    const workerBefore = cpuSeconds(worker);
    const source = new Source(front.kafka.address, { perSecond: 0, count: BACKLOG, tokens: TOKENS });
    const startedAt = await front.withoutReader(() => source.done());
    const { sent, ms, cpu } = source.report;
    report.lines(`  ${sent} records preloaded in ${(ms / 1000).toFixed(1)} s by ${cpu.toFixed(2)} cores`);
    await front.ready();
    const endedAt = await arrivals.end(frames + BACKLOG * FAN_OUT);
    const spent = { reader: await front.cpu('reader'), worker: cpuSeconds(worker) - workerBefore };
    found = { seconds: (endedAt - startedAt) / 1000, frames: arrivals.frames - frames, spent };
  };
  let draining: Promise<void> | undefined;
  const load = await runLoad({
    plan: front.plan({ clients: CLIENTS, tokens: TOKENS, checked: CHECKED }),
    seconds: DRAIN_MAX_SECONDS,
    settleSeconds: 0,
    brokers: front.kafka.brokers,
    signal: ended.signal,
    onSnapshot: arrivals.see,
    onMeasure: (running) => {
      if (running) draining = drain().finally(() => ended.abort());
    },
  });
  await draining;
  const spent = perMillion(found.spent, BACKLOG);
  const perSecond = found.frames / FAN_OUT / found.seconds;
  tell(
    report,
    `backlog: out after ${found.seconds.toFixed(1)} s with the start of the reader, ${Math.round(perSecond)} messages/s; ${found.frames} of ${BACKLOG * FAN_OUT} deliveries`,
    load,
    spent,
  );
  return { load, perSecond, spent };
}

export const kafka = (report: Reporter): Promise<Goal[]> =>
  onAllCores(async () => {
    const front = await Front.start();
    try {
      const lively = await live(front, report);
      const drained = await backlog(front, report);
      for (const line of front.complaints.slice(-10)) report.lines(`    ws-server: ${line}`);
      const unexplained = ({ load }: { load: LoadResult }) =>
        (load.checked.against?.lost ?? Number.NaN) + (load.checked.against?.foreign ?? Number.NaN);
      return [
        atLeast(
          'Kafka in front, 20,000 messages/s live: share delivered',
          lively.share,
          KEPT_UP,
          'of what was offered',
        ),
        atLeast('Kafka in front, 500,000 records preloaded: drained', drained.perSecond, PER_SECOND, 'messages/s'),
        atMost('Kafka in front: events lost unexplained', unexplained(lively) + unexplained(drained), 0, 'events'),
        measured('Kafka in front, live: reader', lively.spent.reader, 'CPU seconds for a million messages'),
        measured('Kafka in front, live: worker', lively.spent.worker, 'CPU seconds for a million messages'),
        measured('Kafka in front, backlog: reader', drained.spent.reader, 'CPU seconds for a million messages'),
        measured('Kafka in front, backlog: worker', drained.spent.worker, 'CPU seconds for a million messages'),
      ];
    } finally {
      await front.stop();
    }
  });
