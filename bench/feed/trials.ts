/** One trial of one subject in a fresh process, told in a line. */

import type { Reporter } from '#engine/report/reporter.ts';
import { median } from '../bench.ts';
import { type Measured, Subject, type SubjectName, type Trial } from './subject.ts';

export async function trial(name: SubjectName, what: Trial, report: Reporter): Promise<Measured> {
  const subject = await Subject.start(name);
  try {
    const measured = await subject.run(what);
    const { perSecond, p99, cpu, rss, load } = measured;
    const limits = load.self.bottleneck.length > 0 ? `  LOAD GENERATOR: ${load.self.bottleneck.join('; ')}` : '';
    report.lines(
      `  ${name.padEnd(10)} offered ${what.offered}/s, got ${perSecond}/s, p99 ${p99} ms, CPU ${cpu.toFixed(2)}, ${Math.round(rss / 1e6)} MB${limits}`,
    );
    return measured;
  } finally {
    await subject.stop();
  }
}

/** The median of the ratios within each round, since the rounds differ more than the subjects. */
export function ratio(of: readonly number[], to: readonly number[]): number {
  return median(of.map((value, round) => value / (to[round] ?? Number.NaN)));
}
