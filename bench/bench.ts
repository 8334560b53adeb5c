import { existsSync, readdirSync } from 'node:fs';
import { KitError } from '#engine/errors.ts';
import { unknownWord } from '#engine/inventory/problems.ts';
import type { Reporter } from '#engine/report/reporter.ts';

/** One figure that an issue names. */
export interface Goal {
  name: string;
  value: number;
  /** `≤ 5 s`: as a person reads it. */
  goal: string;
  met: boolean;
}

/** A benchmark: measures, and says which goals it met. */
export type Bench = (report: Reporter) => Promise<Goal[]>;

/** A goal that is an upper bound. */
export function atMost(name: string, value: number, bound: number, unit: string): Goal {
  return { name, value: Math.round(value * 100) / 100, goal: `≤ ${bound} ${unit}`, met: value <= bound };
}

/** A goal that is a lower bound. */
export function atLeast(name: string, value: number, bound: number, unit: string): Goal {
  return { name, value: Math.round(value * 100) / 100, goal: `≥ ${bound} ${unit}`, met: value >= bound };
}

/** What is asked for as a figure, without a bound. */
export function measured(name: string, value: number, unit: string): Goal {
  return { name, value: Math.round(value * 100) / 100, goal: `reported, ${unit}`, met: Number.isFinite(value) };
}

/** The middle of an odd number of values, the mean of the two middle ones otherwise. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] =
    sorted.length % 2 ? [sorted[middle], sorted[middle]] : [sorted[middle - 1], sorted[middle]];
  return (low + high) / 2;
}

const FOLDER = new URL('./', import.meta.url);
const NAMES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.bench.ts'))
  .map((name) => name.slice(0, -'.bench.ts'.length));

/** Runs `bench/NAME.bench.ts`. A goal that was not met is a result, not an error. */
export async function runBench(name: string | undefined, report: Reporter): Promise<number> {
  const file = new URL(`${name}.bench.ts`, FOLDER);
  if (!name || !existsSync(file))
    throw new KitError('usage', unknownWord('benchmark', name ?? '', NAMES), { next: `make bench NAME=${NAMES[0]}` });
  const { bench } = (await import(file.href)) as { bench: Bench };
  const goals = await bench(report);
  const width = Math.max(...goals.map((goal) => goal.name.length));
  report.lines('');
  for (const goal of goals)
    report.lines(
      `  ${goal.met ? '✓' : '✗'} ${goal.name.padEnd(width)}  ${String(goal.value).padStart(9)}  goal ${goal.goal}`,
    );
  report.lines(`\nRESULT ${JSON.stringify({ goals })}`);
  return 0;
}
