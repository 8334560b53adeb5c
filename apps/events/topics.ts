/** The topics of the feed. Everyone who needs a topic's name, size or retention takes it from here. */

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

export const PARTITIONS = 12;

/** `suffix` is the part of a channel after the dot: an event of BTC on `odin.trades` is on channel `BTC.trade`. */
export const TOPICS = [
  { name: 'odin.trades', suffix: 'trade', partitions: PARTITIONS, retentionMs: 30 * SECOND_MS },
  { name: 'odin.liquidity', suffix: 'liquidity', partitions: PARTITIONS, retentionMs: MINUTE_MS },
  { name: 'odin.balances', suffix: 'balances', partitions: PARTITIONS, retentionMs: 30 * SECOND_MS },
  { name: 'odin.metadata', suffix: 'metadata', partitions: PARTITIONS, retentionMs: HOUR_MS },
  { name: 'odin.social', suffix: 'social', partitions: PARTITIONS, retentionMs: HOUR_MS },
  { name: 'odin.community', suffix: 'community', partitions: PARTITIONS, retentionMs: 5 * MINUTE_MS },
  { name: 'odin.creation', suffix: 'creation', partitions: PARTITIONS, retentionMs: HOUR_MS },
  { name: 'odin.analytics', suffix: 'analytics', partitions: PARTITIONS, retentionMs: 5 * MINUTE_MS },
] as const satisfies readonly Topic[];

export interface Topic {
  readonly name: string;
  readonly suffix: string;
  readonly partitions: number;
  readonly retentionMs: number;
}

export type TopicName = (typeof TOPICS)[number]['name'];
export type Suffix = (typeof TOPICS)[number]['suffix'];

export const TOPIC_NAMES: readonly TopicName[] = TOPICS.map((topic) => topic.name);
export const SUFFIXES: readonly Suffix[] = TOPICS.map((topic) => topic.suffix);

/** Position of a topic in TOPICS, or -1. */
export function topicIndex(name: string): number {
  return TOPICS.findIndex((topic) => topic.name === name);
}

/**
 * An empty topic whose only use is its identity: it goes into the epoch beside the identities of the topics above.
 * Delete and create it, or give it one more partition, when offsets may start again although the topics kept their
 * identity (a restored broker). It may be absent.
 */
export const EPOCH_TOPIC = 'odin.epoch';
