/**
 * The feed against its peers and its figures. The server has one core, everything else another; trials are short, in fresh
 * processes, interleaved, and compared within a round. FIGURES=name[,name] measures only some. `soak` takes a quarter of an
 * hour (SOAK_MINUTES shortens it) and is measured only when it is named.
 */

import { KitError } from '#engine/errors.ts';
import { unknownWord } from '#engine/inventory/problems.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import type { Bench, Goal } from './bench.ts';
import { buildCentrifugo } from './feed/centrifugo.ts';
import { easyRate, efficiency, highestRates, idleConnections, manyConnections } from './feed/fan-out.ts';
import { kafka } from './feed/kafka.ts';
import { pinToLoadCore } from './feed/process.ts';
import { publisher } from './feed/publisher.ts';
import { resuming } from './feed/resume.ts';
import { soak } from './feed/soak.ts';
import { stalledClients } from './feed/stalled.ts';

const FIGURES: Record<string, (report: Reporter) => Promise<Goal[]>> = {
  highest: highestRates,
  efficiency,
  easy: easyRate,
  many: manyConnections,
  idle: idleConnections,
  stalled: stalledClients,
  publisher,
  kafka,
  resume: resuming,
  soak,
};
/** Only when they are named. */
const LONG = ['soak'];

export const bench: Bench = async (report) => {
  const wanted = process.env.FIGURES?.split(',') ?? Object.keys(FIGURES).filter((name) => !LONG.includes(name));
  const unknown = wanted.find((name) => !(name in FIGURES));
  if (unknown !== undefined) throw new KitError('usage', unknownWord('figure', unknown, Object.keys(FIGURES)));
  report.step('local', 'building Centrifugo, where it is not in the cache');
  await buildCentrifugo();
  pinToLoadCore();
  const goals: Goal[] = [];
  for (const name of wanted) {
    report.heading(name);
    goals.push(...((await FIGURES[name]?.(report)) ?? []));
  }
  return goals;
};
