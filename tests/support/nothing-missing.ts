/** What a client was sent, against what Kafka holds. */

import { TOPIC_NAMES } from '@odin/events';
import { lastRecords } from '@odin/kafka';
import { expect } from 'vitest';
import type { Listener } from './listener.ts';
import { until } from './wait.ts';

/** Everything that Kafka holds since then, milliseconds since 1970, reached the listener, once or more often. */
export async function nothingIsMissing(brokers: readonly string[], listener: Listener, since: number): Promise<void> {
  const inKafka: string[] = [];
  for (const topic of TOPIC_NAMES) {
    const records = await lastRecords({ brokers, clientId: 'test' }, topic, 100_000, 10_000);
    const seen = new Set<string>();
    for (const { partition, offset, timestamp, header } of records) {
      // A batch that was retried may be in the log twice; the server delivers it once.
      const sequence = `${header('odin-run')}/${header('odin-seq')}`;
      if (!seen.has(sequence) && timestamp >= since) inKafka.push(`${topic}/${partition}:${offset}`);
      seen.add(sequence);
    }
  }
  await until('all events', () => new Set(listener.ids()).size >= inKafka.length, {
    seen: () => [listener.envelopes.length, inKafka.length],
  });
  expect([...new Set(listener.ids())].sort()).toEqual(inKafka.sort());
  expect(listener.closed).toBeUndefined();
}
