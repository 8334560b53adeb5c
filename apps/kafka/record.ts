/** A record as our consumers see it. */

import type { KafkaMessage } from 'kafkajs';

export interface FeedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly header: (name: string) => string | undefined;
}

export function toRecord(message: KafkaMessage, topic: string, partition: number): FeedRecord {
  return {
    topic,
    partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: message.key,
    value: message.value,
    header: (name) => {
      const value = message.headers?.[name];
      return (Array.isArray(value) ? value[0] : value)?.toString();
    },
  };
}
