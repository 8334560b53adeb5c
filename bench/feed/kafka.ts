/**
 * Kafka in front of the ws-server, one process of which reads and one serves: live, and with a backlog to catch up with.
 * Every record goes to 30 of 6,000 clients, and what came is compared with what Kafka holds. Broker, source and clients
 * have the same cores as the ws-server: on two of them, it is the CPU time of a message that tells most.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Reporter } from '#engine/report/reporter.ts';
import { runLoad } from '../../apps/loadtest/run.ts';
import { atLeast, atMost, type Goal, measured } from '../bench.ts';
import { Arrivals } from './arrivals.ts';
import { Front } from './front.ts';
import { KEPT_UP, live, perMillion, tell, unexplained } from './live.ts';
import { cpuSeconds, onAllCores } from './process.ts';
import { Source } from './source.ts';

const CLIENTS = 6_000;
const TOKENS = 200;
const CROWD = { clients: CLIENTS, tokens: TOKENS };
const FAN_OUT = CLIENTS / TOKENS;
const PER_SECOND = 20_000;
const SECONDS = 15;
const WARM_MS = 3_000;
const BACKLOG = 500_000;
const DRAIN_MAX_SECONDS = 240;

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
    plan: front.plan(CROWD),
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
      const lively = await live(front, { ...CROWD, perSecond: PER_SECOND, seconds: SECONDS }, report);
      const drained = await backlog(front, report);
      for (const line of front.complaints.slice(-10)) report.lines(`    ws-server: ${line}`);
      return [
        atLeast(
          'Kafka in front, 20,000 messages/s live: share delivered',
          lively.share,
          KEPT_UP,
          'of what was offered',
        ),
        atLeast('Kafka in front, 500,000 records preloaded: drained', drained.perSecond, PER_SECOND, 'messages/s'),
        atMost(
          'Kafka in front: events lost unexplained',
          unexplained(lively.load) + unexplained(drained.load),
          0,
          'events',
        ),
        measured('Kafka in front, live: reader', lively.spent.reader, 'CPU seconds for a million messages'),
        measured('Kafka in front, live: worker', lively.spent.worker, 'CPU seconds for a million messages'),
        measured('Kafka in front, backlog: reader', drained.spent.reader, 'CPU seconds for a million messages'),
        measured('Kafka in front, backlog: worker', drained.spent.worker, 'CPU seconds for a million messages'),
      ];
    } finally {
      await front.stop();
    }
  });
