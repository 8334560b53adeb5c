/**
 * Half of what `kafka` offers, for long: whether the memory of the ws-server's processes stays where it is. SOAK_MINUTES
 * shortens it. The first third is for what fills up once: the history, V8's young generation, compiled code.
 */

import { TOPICS } from '@odin/events';
import type { TopicSpec } from '@odin/kafka';
import { KitError } from '#engine/errors.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import { atLeast, atMost, type Goal, median } from '../bench.ts';
import { Front, PARTS } from './front.ts';
import { KEPT_UP, live, unexplained } from './live.ts';
import { onAllCores, rssBytes } from './process.ts';

const FLOW = { clients: 6_000, tokens: 200, perSecond: 10_000 };
const MINUTES = 15;
const SAMPLE_MS = 2_000;
/** An hour of records would fill the disk: they go soon after everybody has read them. */
const RETENTION = { 'retention.ms': '60000', 'segment.ms': '30000' };

const topics: readonly TopicSpec[] = TOPICS.map(({ name, partitions }) => {
  return { name, partitions, replication: 1, configs: RETENTION };
});

function minutes(): number {
  const value = Number(process.env.SOAK_MINUTES ?? MINUTES);
  if (value > 0 && value <= 60) return value;
  throw new KitError('usage', `SOAK_MINUTES: expected more than 0 and at most 60, got ${process.env.SOAK_MINUTES}`);
}

export const soak = (report: Reporter): Promise<Goal[]> =>
  onAllCores(async () => {
    const seconds = Math.round(minutes() * 60);
    const front = await Front.start(topics);
    try {
      const pids = await Promise.all(PARTS.map((part) => front.pid(part)));
      const samples: number[][] = [];
      let sampling: NodeJS.Timeout | undefined;
      const { load, share } = await live(
        front,
        {
          ...FLOW,
          seconds,
          onMeasure: (running) => {
            clearInterval(sampling);
            if (running) sampling = setInterval(() => samples.push(pids.map(rssBytes)), SAMPLE_MS);
          },
        },
        report,
      );
      const third = (which: number) =>
        samples.slice(Math.floor((samples.length * which) / 3), Math.floor((samples.length * (which + 1)) / 3));
      for (const [index, part] of PARTS.entries()) {
        const mb = [0, 1, 2].map((which) => Math.round(median(third(which).map((each) => each[index] ?? 0)) / 1e6));
        report.lines(`    ${part.padEnd(7)}  ${mb.join(', ')} MB in the first, second and last third`);
      }
      const all = (which: number) => median(third(which).map((each) => each.reduce((sum, rss) => sum + rss, 0)));
      const name = `soak, ${seconds / 60} minutes at half load`;
      return [
        atMost(`${name}: memory of the last third against the second`, all(2) / all(1), 1.05, '×'),
        atLeast(`${name}: share delivered`, share, KEPT_UP, 'of what was offered'),
        atMost(`${name}: events lost unexplained`, unexplained(load), 0, 'events'),
      ];
    } finally {
      await front.stop();
    }
  });
