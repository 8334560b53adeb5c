/**
 * A producer that is thrown away after any failed send. kafkajs' idempotent producer is not used: after a failed send it
 * reuses sequence numbers, and the broker acknowledges and drops the next batch as a repeat. Delivery is therefore at
 * least once: a batch that failed may be in the log all the same.
 */

import type kafkajs from 'kafkajs';
import { connect } from './connection.ts';
import { within } from './deadline.ts';
import { KafkaUnreachableError } from './errors.ts';
import type { KafkaOptions } from './options.ts';

/** A send, its retries and the connection before it end within this. */
export const SEND_TIMEOUT_MS = 15_000;
const CLOSE_TIMEOUT_MS = 2_000;

export interface ProducerRecord {
  readonly topic: string;
  /** Null for no key; otherwise it decides the partition (murmur2, like every Kafka client). */
  readonly key: string | null;
  readonly value: string | Buffer | null;
  readonly headers?: Record<string, string>;
  /** Milliseconds since 1970; the time of sending when absent. */
  readonly timestamp?: number;
  /** Overrules the key. */
  readonly partition?: number;
}

export interface Producer {
  /** Resolves when all in-sync replicas have the records. Throws KafkaUnreachableError; one call at a time keeps order. */
  send(records: readonly ProducerRecord[]): Promise<void>;
  close(): Promise<void>;
}

export function createProducer(options: KafkaOptions): Producer {
  let current: Promise<kafkajs.Producer> | undefined;

  const open = async () => {
    const producer = connect(options).producer({ idempotent: false, allowAutoTopicCreation: false });
    await producer.connect();
    return producer;
  };

  const discard = async () => {
    const old = current;
    current = undefined;
    const producer = await old?.catch(() => undefined);
    await producer?.disconnect().catch(() => undefined);
  };

  return {
    async send(records) {
      current ??= open();
      const opened = current;
      try {
        const sending = opened.then((producer) => producer.sendBatch({ acks: -1, topicMessages: byTopic(records) }));
        await within(SEND_TIMEOUT_MS, 'send', sending);
      } catch (error) {
        void discard();
        throw new KafkaUnreachableError(`could not send ${records.length} records`, error);
      }
    },
    async close() {
      await within(CLOSE_TIMEOUT_MS, 'close', discard()).catch(() => undefined);
    },
  };
}

function byTopic(records: readonly ProducerRecord[]): kafkajs.TopicMessages[] {
  const topics = new Map<string, kafkajs.Message[]>();
  for (const { topic, timestamp, headers, partition, key, value } of records) {
    const messages = topics.get(topic) ?? [];
    topics.set(topic, messages);
    messages.push({
      key,
      value,
      ...(headers && { headers }),
      ...(partition !== undefined && { partition }),
      ...(timestamp !== undefined && { timestamp: String(timestamp) }),
    });
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }));
}
