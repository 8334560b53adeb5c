/** What a client receives for one event. (`epoch`, `topic`, `partition`, `offset`) names it on every instance. */

import type { FeedEvent } from './record.ts';
import type { Suffix, TopicName } from './topics.ts';

export interface Envelope {
  /** Changes whenever offsets may start again: offsets compare only within one epoch. */
  readonly epoch: string;
  readonly channel: string;
  readonly token: string;
  readonly topic: TopicName;
  readonly partition: number;
  readonly offset: number;
  /** The record's Kafka timestamp, milliseconds since 1970. */
  readonly ts: number;
  readonly event: FeedEvent;
}

/** The part of an envelope that is the same for every event of a token on a topic's partition. */
export function envelopePrefix(from: {
  epoch: string;
  token: string;
  suffix: Suffix;
  topic: TopicName;
  partition: number;
}): string {
  const head = JSON.stringify({
    epoch: from.epoch,
    channel: `${from.token}.${from.suffix}`,
    token: from.token,
    topic: from.topic,
    partition: from.partition,
  });
  return `${head.slice(0, -1)},"offset":`;
}

/** What stands between prefix and record value; after the value comes ENVELOPE_END. The value is never parsed. */
export function envelopeMiddle(offset: number, ts: number): string {
  return `${offset},"ts":${ts},"event":`;
}

export const ENVELOPE_END = '}';
