/** A real one-node Kafka on free loopback ports, with the topics of the feed; gone after the tests. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TOPICS } from '@odin/events';
import { createAdmin, type TopicSpec } from '@odin/kafka';
import { type LocalBroker, startBroker } from '../../fleet/dev/broker.ts';

/** Longer retention than the feed's own: a test counts what it produced. */
const RETENTION_MS = 600_000;

export const TEST_TOPICS: readonly TopicSpec[] = TOPICS.map(({ name, partitions }) => ({
  name,
  partitions,
  replication: 1,
  configs: { 'retention.ms': String(RETENTION_MS) },
}));

export interface TestKafka extends LocalBroker {
  readonly brokers: readonly string[];
  /** Stops the broker and removes its data. */
  remove(): Promise<void>;
}

export async function startKafka(topics: readonly TopicSpec[] = TEST_TOPICS): Promise<TestKafka> {
  const dir = await mkdtemp(join(tmpdir(), 'odin-kafka-'));
  const broker = await startBroker(dir);
  if (topics.length > 0) {
    const admin = await createAdmin({ brokers: [broker.address], clientId: 'odin-test' });
    await admin.createTopics(topics);
    await admin.close();
  }
  return Object.assign(broker, {
    brokers: [broker.address],
    async remove() {
      await broker.stop();
      await rm(dir, { recursive: true, force: true });
    },
  });
}
