import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { KitError } from '#engine/errors.ts';
import { unknownWord } from '#engine/inventory/problems.ts';
import type { Bench, Goal } from './bench.ts';
import { prepareCompetitors } from './engine/competitors.ts';
import { Fleet } from './engine/fleet.ts';
import { Lab } from './engine/lab.ts';
import { type Counts, Single } from './engine/single.ts';

const ROUND_TRIPS_MS = [50, 0];
const COUNTS: Counts = { live: 5, cold: 2, first: 3, quick: 15, slowest: 1 };
/** For a look at whether it works. */
const FEW: Counts = { live: 1, cold: 1, first: 1, quick: 3, slowest: 1 };
const FLEET_ROUNDS = 5;

/** What can be measured on its own: FIGURES=floor,fleet. */
const FIGURES = ['first', 'tools', 'floor', 'sizes', 'fleet', 'memory'] as const;
const OF_A_FLEET: ReadonlySet<string> = new Set(['fleet', 'memory']);

/** What FIGURES names, or all of them. Throws `usage`. */
function wantedFigures(): ReadonlySet<string> {
  const wanted = process.env.FIGURES?.split(',') ?? FIGURES;
  const unknown = wanted.find((name) => !FIGURES.some((figure) => figure === name));
  if (unknown !== undefined) throw new KitError('usage', unknownWord('figure', unknown, FIGURES));
  return new Set(wanted);
}

/**
 * The same resources, everything already true, for the kit and for the tools that people would otherwise use: interleaved,
 * medians, ratios round by round. ODIN_BENCH_FEW=1 makes one round of everything, FIGURES=name[,name] measures only some.
 */
export const bench: Bench = async (report) => {
  const figures = wantedFigures();
  const few = Boolean(process.env.ODIN_BENCH_FEW);
  const counts = few ? FEW : COUNTS;
  // A short path: a control socket's may have 104 bytes.
  const folder = mkdtempSync(join(tmpdir(), 'ob-'));
  const lab = new Lab(report);
  const closers: { close(): Promise<void> }[] = [lab];
  const goals: Goal[] = [];
  try {
    report.lines(
      `load of this machine before: ${loadavg()
        .map((value) => value.toFixed(1))
        .join(' ')}`,
    );
    const host = await lab.boot();
    if ([...figures].some((name) => !OF_A_FLEET.has(name))) {
      const tools = await prepareCompetitors(report);
      const targets = await Promise.all(ROUND_TRIPS_MS.map((rtt) => lab.from(host, rtt)));
      const single = new Single(folder, lab, tools, targets, counts, report);
      closers.unshift(single);
      for (const [i, target] of targets.entries())
        goals.push(...(await single.measure(target, ROUND_TRIPS_MS[i] ?? 0, figures)));
    }
    if ([...OF_A_FLEET].some((name) => figures.has(name))) {
      const fleet = new Fleet(folder, lab, report);
      closers.unshift(fleet);
      await fleet.boot();
      for (const rtt of figures.has('fleet') ? ROUND_TRIPS_MS : [])
        goals.push(...(await fleet.measure(rtt, few ? 1 : FLEET_ROUNDS)));
      if (figures.has('memory')) goals.push(...(await fleet.memory()));
    }
    report.lines(
      `load of this machine after: ${loadavg()
        .map((value) => value.toFixed(1))
        .join(' ')}`,
    );
    return goals;
  } finally {
    for (const closer of closers) await closer.close();
    rmSync(folder, { recursive: true, force: true });
  }
};
