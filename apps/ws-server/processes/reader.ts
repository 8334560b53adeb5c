/** The process that reads Kafka, for those that serve clients. */

import { parseCursor, SUFFIXES, TOPICS } from '@odin/events';
import type { TailStart } from '@odin/kafka';
import { createLogger, startWith } from '@odin/runtime';
import { Registry } from 'prom-client';
import type { Feed } from '../feed/feed.ts';
import { UNKNOWN } from '../feed/feed-client.ts';
import { FeedServer } from '../feed/feed-server.ts';
import { type Ingest, startIngest } from '../ingest/ingest.ts';
import { meterIngest } from '../metrics/ingest.ts';
import { OWNED, schema } from '../settings.ts';
import { createIngestStats } from '../stats.ts';
import { CHILD_ENV } from './messages.ts';
import { Parent } from './parent.ts';

/** Those who serve come back within a fraction of it, unless they are being started themselves. */
const JOIN_TIMEOUT_MS = 2_000;

const { env } = process;
const settings = startWith(schema, OWNED);
const { instance } = settings;
const log = createLogger(settings.logLevel, { service: 'ws-server', instance, process: env[CHILD_ENV.name] });
const stats = createIngestStats();
let ingest: Ingest | undefined;
const feed: Feed = {
  health: () => ingest?.health() ?? UNKNOWN,
  read: (ask) => ingest?.read(ask) ?? Promise.reject(new Error(UNKNOWN.reason)),
};
const server = new FeedServer(feed, log);
const registry = new Registry();
meterIngest(registry, stats);
let ending = false;
new Parent({
  registry,
  report: () => ({ kafka: feed.health() }),
  obey: ({ endWithinMs }) => {
    if (endWithinMs === undefined || ending) return;
    ending = true;
    void Promise.resolve(ingest?.stop()).then(() => process.exit(0));
  },
});
await server.listen(env[CHILD_ENV.socket] ?? '');
const from = furthestBehind(env[CHILD_ENV.from] ?? '');
// Who is not there when it begins would miss what it begins with.
if (from.length > 0) await server.joined(Number(env[CHILD_ENV.count]), JOIN_TIMEOUT_MS);
ingest = startIngest(settings, server, stats, log, from);

/** Of each epoch, where the last of those who listen is: the others know already what comes before they do. */
function furthestBehind(cursors: string): TailStart[] {
  const starts = new Map<string, Map<string, { topic: string; partition: number; next: number }>>();
  for (const cursor of cursors.split(',').map(parseCursor)) {
    if (!cursor) continue;
    const positions = starts.get(cursor.epoch) ?? new Map();
    starts.set(cursor.epoch, positions);
    for (const [suffix, offsets] of cursor.next) {
      const topic = TOPICS[SUFFIXES.indexOf(suffix)]?.name ?? '';
      for (const [partition, next] of offsets.entries()) {
        const key = `${topic}/${partition}`;
        if (next !== undefined && next < (positions.get(key)?.next ?? Number.POSITIVE_INFINITY)) {
          positions.set(key, { topic, partition, next });
        }
      }
    }
  }
  return [...starts].map(([epoch, positions]) => ({ epoch, positions: [...positions.values()] }));
}
