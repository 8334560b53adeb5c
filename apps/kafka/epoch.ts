/**
 * The epoch of a stream: a name for one life of its offsets. It is derived from identities that the broker stores with
 * the topics, so every instance computes the same one and nobody has to remember to change it: the cluster id changes
 * with a replaced broker, a topic's id when it is deleted and created again. A restored broker keeps both; whoever
 * restores deletes and creates the marker topic, whose id is part of the epoch.
 * For a broker that has no topic ids (Kafka before 2.8, and others that speak its protocol) only the cluster id and the
 * marker count: whoever recreates a topic there gives the marker one more partition, which changes the epoch as well.
 */

import { createHash } from 'node:crypto';
import { createAdmin } from './admin.ts';
import { MissingTopicsError } from './errors.ts';
import { fetchMetadata, knowsTopicIds, type Metadata } from './metadata.ts';
import { CONNECT_TIMEOUT_MS, type KafkaOptions } from './options.ts';

const EPOCH_HEX_DIGITS = 12;

export interface Stream {
  readonly epoch: string;
  /** Partition count and id (32 hex digits) of each topic. */
  readonly topics: ReadonlyMap<string, { readonly id: string; readonly partitions: number }>;
}

/** Throws KafkaUnreachableError, or MissingTopicsError when one of `topics` does not exist. `marker` may be absent. */
export async function describeStream(
  options: KafkaOptions,
  topics: readonly string[],
  marker?: string,
): Promise<Stream> {
  const asked = marker === undefined ? topics : [...topics, marker];
  const ids = await knowsTopicIds(options, CONNECT_TIMEOUT_MS);
  const metadata = ids ? await fetchMetadata(options, asked, CONNECT_TIMEOUT_MS) : await withoutIds(options, asked);
  const missing = topics.filter((topic) => !metadata.topics.has(topic));
  if (missing.length > 0) throw new MissingTopicsError(missing);
  const identities = asked.map((topic) => `${topic}=${metadata.topics.get(topic)?.id ?? ''}`);
  const generation = marker === undefined ? 0 : (metadata.topics.get(marker)?.partitions ?? 0);
  const epoch = createHash('sha256')
    .update([metadata.clusterId, generation, ...identities].join('\n'))
    .digest('hex')
    .slice(0, EPOCH_HEX_DIGITS);
  return { epoch, topics: new Map([...metadata.topics].filter(([topic]) => topics.includes(topic))) };
}

/** The same by kafkajs' means. */
export async function withoutIds(options: KafkaOptions, topics: readonly string[]): Promise<Metadata> {
  const admin = await createAdmin(options);
  try {
    const found = await admin.describeTopics(topics);
    return {
      clusterId: await admin.clusterId(),
      topics: new Map(found.map(({ name, partitions }) => [name, { id: '', partitions }])),
    };
  } finally {
    await admin.close();
  }
}
