/** The newest records of a topic, for a person who looks or a gate that checks. */

import { randomUUID } from 'node:crypto';
import { createAdmin } from './admin.ts';
import { connect } from './connection.ts';
import { within } from './deadline.ts';
import type { KafkaOptions } from './options.ts';
import { type FeedRecord, toRecord } from './record.ts';

const CLOSE_TIMEOUT_MS = 3_000;

/**
 * At most `count` records in the order of their timestamps: fewer when the topic holds fewer, or when `timeoutMs` is over
 * first. Throws KafkaUnreachableError.
 */
export async function lastRecords(
  options: KafkaOptions,
  topic: string,
  count: number,
  timeoutMs: number,
): Promise<readonly FeedRecord[]> {
  const admin = await createAdmin(options);
  const groupId = `odin-look.${randomUUID()}`;
  const consumer = connect(options).consumer({ groupId, maxWaitTimeInMs: 200 });
  const records: FeedRecord[] = [];
  try {
    // A topic's newest records may all be in one partition: take `count` of each, keep the newest of all.
    const open = new Map<number, number>();
    const seeks: { topic: string; partition: number; offset: string }[] = [];
    for (const [partition, { low, high }] of await admin.offsets(topic)) {
      if (low < high) open.set(partition, high);
      seeks.push({ topic, partition, offset: String(Math.max(low, high - count)) });
    }
    if (open.size === 0) return [];
    const finished = Promise.withResolvers<void>();
    consumer.on('consumer.group_join', () => {
      for (const seek of seeks) consumer.seek(seek);
    });
    await within(timeoutMs, 'subscribe', consumer.subscribe({ topic }));
    const running = consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const message of batch.messages) records.push(toRecord(message, topic, batch.partition));
        if (Number(batch.lastOffset()) + 1 >= (open.get(batch.partition) ?? 0)) open.delete(batch.partition);
        if (open.size === 0) finished.resolve();
      },
    });
    await within(timeoutMs, 'read', Promise.race([finished.promise, running.then(() => finished.promise)])).catch(
      () => undefined,
    );
    return records.sort((a, b) => a.timestamp - b.timestamp).slice(-count);
  } finally {
    await within(CLOSE_TIMEOUT_MS, 'close', consumer.disconnect()).catch(() => undefined);
    await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.close();
  }
}
