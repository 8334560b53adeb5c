/** The figures of the fan-out: rates, CPU, latency, size, against the peers. */

import type { Reporter } from '#engine/report/reporter.ts';
import { atLeast, atMost, type Goal, median } from '../bench.ts';
import { SUBJECTS, Subject, type SubjectName } from './subject.ts';
import { ratio, trial } from './trials.ts';

const ROUNDS = 3;
const CLIENTS = 2_000;
const TOKENS = 20;
const P99_MAX_MS = 100;
/** Less than this share of what was offered is not "held". */
const HELD = 0.95;
const STEP = 1.25;
const TRIALS_MAX = 5;
const SECONDS = 4;
const FIRST_GUESS: Record<SubjectName, number> = {
  ours: 640_000,
  naive: 40_000,
  'plain-net': 640_000,
  centrifugo: 40_000,
};

/** The highest rate that is held, found by steps from where the last round ended. */
async function highest(name: SubjectName, from: number, report: Reporter): Promise<number> {
  let best = 0;
  let offered = from;
  let direction = 0;
  for (let count = 0; count < TRIALS_MAX; count += 1) {
    const measured = await trial(
      name,
      { clients: CLIENTS, tokens: TOKENS, offered, burst: 1, seconds: SECONDS },
      report,
    );
    const held = measured.perSecond >= HELD * offered && measured.p99 <= P99_MAX_MS;
    if (held) best = Math.max(best, measured.perSecond);
    // The direction turned: this is the place.
    if (direction !== 0 && held !== direction > 0) break;
    direction = held ? 1 : -1;
    offered = Math.round(held ? offered * STEP : offered / STEP);
  }
  return best;
}

export async function highestRates(report: Reporter): Promise<Goal[]> {
  const found: Record<SubjectName, number[]> = { ours: [], naive: [], 'plain-net': [], centrifugo: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of SUBJECTS) {
      const last = found[name].findLast((rate) => rate > 0);
      found[name].push(await highest(name, last ?? FIRST_GUESS[name], report));
    }
  }
  const { ours, naive, centrifugo } = found;
  return [
    atLeast('highest deliveries/s against Centrifugo', ratio(ours, centrifugo), 10, '×'),
    atLeast('highest deliveries/s against naive ws.send', ratio(ours, naive), 6, '×'),
    atLeast('highest deliveries/s against plain net', ratio(ours, found['plain-net']), 0.9, '×'),
    ...SUBJECTS.map((name) => ({ ...atLeast(`highest deliveries/s of ${name}`, median(found[name]), 1, '/s') })),
  ];
}

/** Eight messages of a token at a time, so that each flush holds eight. */
export async function efficiency(report: Reporter): Promise<Goal[]> {
  const offers = { ours: 400_000, 'plain-net': 400_000, naive: 40_000 } as const;
  const found = { ours: [] as number[], 'plain-net': [] as number[], naive: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of ['ours', 'plain-net', 'naive'] as const) {
      const what = { clients: CLIENTS, tokens: TOKENS, offered: offers[name], burst: 8, seconds: SECONDS };
      const { perSecond, cpu } = await trial(name, what, report);
      found[name].push(perSecond / cpu);
    }
  }
  return [
    atLeast('deliveries per CPU second, 8 a flush, against naive', ratio(found.ours, found.naive), 9, '×'),
    atLeast(
      'deliveries per CPU second, 8 a flush, against plain net',
      ratio(found.ours, found['plain-net']),
      0.95,
      '×',
    ),
  ];
}

export async function easyRate(report: Reporter): Promise<Goal[]> {
  const p99 = { ours: [] as number[], centrifugo: [] as number[] };
  const cpu = { ours: [] as number[], centrifugo: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of ['ours', 'centrifugo'] as const) {
      const what = { clients: CLIENTS, tokens: TOKENS, offered: 20_000, burst: 1, seconds: SECONDS };
      const measured = await trial(name, what, report);
      p99[name].push(measured.p99);
      cpu[name].push(measured.cpu);
    }
  }
  return [
    atMost('p99 at 20,000 deliveries/s against Centrifugo', ratio(p99.ours, p99.centrifugo), 1, '×'),
    atMost('CPU at 20,000 deliveries/s against Centrifugo', ratio(cpu.ours, cpu.centrifugo), 1, '×'),
  ];
}

export async function manyConnections(report: Reporter): Promise<Goal[]> {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const what = { clients: 18_000, tokens: 200, offered: 51_000, burst: 1, seconds: 10 };
    rounds.push(await trial('ours', what, report));
  }
  const good = rounds.filter(({ p99, load }) => p99 <= P99_MAX_MS && load.clients.welcomed === 18_000).length;
  return [
    atMost(
      '18,000 connections, 51,000 deliveries/s: cores',
      median(rounds.map(({ cpu, offered, perSecond }) => (cpu * offered) / perSecond)),
      0.9,
      'of one',
    ),
    atLeast('18,000 connections: rounds of 3 with p99 ≤ 100 ms', good, 2, 'rounds'),
    atMost('18,000 connections: memory', median(rounds.map(({ rss }) => rss)) / 1e6, 300, 'MB'),
  ];
}

/**
 * The slope from few to many connections of one process: an empty one grows once, whoever comes (code, buffers), and
 * that is no part of a connection.
 */
export async function idleConnections(report: Reporter): Promise<Goal[]> {
  const [few, many] = [2_000, 12_000];
  const subject = await Subject.start('ours');
  try {
    const rss: number[] = [];
    for (const clients of [few, many]) {
      const { standing } = await subject.run({ clients, tokens: TOKENS, offered: 0, burst: 1, seconds: 3 });
      rss.push(standing?.rss ?? Number.NaN);
      report.lines(`  ours: ${((rss.at(-1) ?? 0) / 1e6).toFixed(1)} MB with ${clients} idle connections`);
    }
    const [withFew = Number.NaN, withMany = Number.NaN] = rss;
    const bytes = (withMany - withFew) / (many - few);
    report.lines(`  ours: ${Math.round(bytes)} bytes for each further idle connection`);
    return [atMost('resident memory of an idle connection', bytes / 1024, 7, 'KB')];
  } finally {
    await subject.stop();
  }
}
