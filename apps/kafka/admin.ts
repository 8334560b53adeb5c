/**
 * Topics, their configuration and their ends. Reads right after a change are stale for a moment, so every change
 * returns only when a read agrees with it.
 */

import kafkajs from 'kafkajs';
import { connect } from './connection.ts';
import { settled, within } from './deadline.ts';
import { KafkaUnreachableError } from './errors.ts';
import type { KafkaOptions } from './options.ts';

const CALL_TIMEOUT_MS = 15_000;
const SETTLE_TIMEOUT_MS = 15_000;
const CLOSE_TIMEOUT_MS = 2_000;

/** `configSource` of a value that was set on the topic itself (DescribeConfigs, version 1 and later). */
const DYNAMIC_TOPIC_CONFIG = 1;

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly replication: number;
  /** Only what is set on the topic itself, without the broker's defaults. */
  readonly configs: Readonly<Record<string, string>>;
}

export interface OffsetRange {
  /** Offset of the first record still there. */
  readonly low: number;
  /** Offset of the next record: low = high means empty. */
  readonly high: number;
}

export interface KafkaAdmin {
  clusterId(): Promise<string>;
  /** Advertised addresses, `host:port`. */
  brokers(): Promise<readonly string[]>;
  /** All topics that exist, or those of `names` that do, by name. */
  describeTopics(names?: readonly string[]): Promise<readonly TopicSpec[]>;
  createTopics(topics: readonly TopicSpec[]): Promise<void>;
  deleteTopics(names: readonly string[]): Promise<void>;
  /** `partitions` is the new total; Kafka can only grow it. */
  addPartitions(topic: string, partitions: number): Promise<void>;
  /** Merges into what is set. kafkajs' alterConfigs resets everything that it is not given. */
  setConfigs(topic: string, configs: Readonly<Record<string, string>>): Promise<void>;
  /** By partition number. */
  offsets(topic: string): Promise<ReadonlyMap<number, OffsetRange>>;
  /** `host:port` of each partition's leader, by partition number. */
  leaders(topic: string): Promise<ReadonlyMap<number, string>>;
  listGroups(): Promise<readonly string[]>;
  deleteGroups(groups: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Connects at once. Every method throws a KafkaUnreachableError when no broker answers in time. */
export async function createAdmin(options: KafkaOptions): Promise<KafkaAdmin> {
  const admin = connect(options).admin();
  const call = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await within(CALL_TIMEOUT_MS, what, work());
    } catch (error) {
      throw error instanceof KafkaUnreachableError ? error : new KafkaUnreachableError(what, error);
    }
  };
  const close = async () => {
    await within(CLOSE_TIMEOUT_MS, 'close', admin.disconnect()).catch(() => undefined);
  };
  await call('connect', () => admin.connect()).catch(async (error) => {
    await close();
    throw error;
  });

  const explicit = async (names: readonly string[]): Promise<Map<string, Record<string, string>>> => {
    const type = kafkajs.ConfigResourceTypes.TOPIC;
    const answer = await call('describe configs', () =>
      admin.describeConfigs({ includeSynonyms: false, resources: names.map((name) => ({ type, name })) }),
    );
    return new Map(
      answer.resources.map(({ resourceName, configEntries }) => [
        resourceName,
        Object.fromEntries(
          configEntries
            .filter((entry) => (entry as { configSource?: number }).configSource === DYNAMIC_TOPIC_CONFIG)
            .map((entry) => [entry.configName, entry.configValue]),
        ),
      ]),
    );
  };

  const describeTopics = async (names?: readonly string[]): Promise<readonly TopicSpec[]> => {
    const existing = await call('list topics', () => admin.listTopics());
    const wanted = existing.filter((name) => !names || names.includes(name));
    if (wanted.length === 0) return [];
    const { topics } = await call('describe topics', () => admin.fetchTopicMetadata({ topics: wanted }));
    const configs = await explicit(wanted);
    const sorted = topics.toSorted((a, b) => a.name.localeCompare(b.name));
    return sorted.map(({ name, partitions }) => ({
      name,
      partitions: partitions.length,
      replication: partitions[0]?.replicas.length ?? 0,
      configs: configs.get(name) ?? {},
    }));
  };

  const settledTopics = (names: readonly string[], agrees: (topics: readonly TopicSpec[]) => boolean) =>
    settled(SETTLE_TIMEOUT_MS, `topics ${names.join(', ')}`, () => describeTopics(names), agrees);

  const offsets = async (topic: string): Promise<ReadonlyMap<number, OffsetRange>> => {
    const partitions = await call(`offsets of ${topic}`, () => admin.fetchTopicOffsets(topic));
    return new Map(partitions.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]));
  };

  return {
    describeTopics,
    close,
    clusterId: async () => (await call('describe cluster', () => admin.describeCluster())).clusterId,
    brokers: async () =>
      (await call('describe cluster', () => admin.describeCluster())).brokers.map(
        ({ host, port }) => `${host}:${port}`,
      ),
    async createTopics(topics) {
      await call('create topics', () =>
        admin.createTopics({
          // kafkajs' own wait gives up on the first stale answer; what follows here does not.
          waitForLeaders: false,
          topics: topics.map((topic) => ({
            topic: topic.name,
            numPartitions: topic.partitions,
            replicationFactor: topic.replication,
            configEntries: Object.entries(topic.configs).map(([name, value]) => ({ name, value })),
          })),
        }),
      );
      const names = topics.map(({ name }) => name);
      await settledTopics(names, (seen) =>
        topics.every((topic) =>
          seen.some((other) => other.name === topic.name && other.partitions >= topic.partitions),
        ),
      );
      // A topic is listed before its partitions have leaders; only then can its offsets be read.
      for (const name of names)
        await settled(
          SETTLE_TIMEOUT_MS,
          `leaders of ${name}`,
          () => offsets(name),
          () => true,
        );
    },
    async deleteTopics(names) {
      await call('delete topics', () => admin.deleteTopics({ topics: [...names] }));
      await settledTopics(names, (seen) => seen.length === 0);
    },
    async addPartitions(topic, partitions) {
      await call('add partitions', () => admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] }));
      await settledTopics([topic], (seen) => seen[0]?.partitions === partitions);
    },
    async setConfigs(topic, configs) {
      const merged = { ...(await explicit([topic])).get(topic), ...configs };
      const configEntries = Object.entries(merged).map(([name, value]) => ({ name, value }));
      await call('alter configs', () =>
        admin.alterConfigs({
          validateOnly: false,
          resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries }],
        }),
      );
      await settledTopics([topic], (seen) =>
        Object.entries(merged).every(([name, value]) => seen[0]?.configs[name] === value),
      );
    },
    offsets,
    async leaders(topic) {
      const [{ topics }, { brokers }] = await Promise.all([
        call(`leaders of ${topic}`, () => admin.fetchTopicMetadata({ topics: [topic] })),
        call('describe cluster', () => admin.describeCluster()),
      ]);
      const addresses = new Map(brokers.map(({ nodeId, host, port }) => [nodeId, `${host}:${port}`]));
      return new Map(
        topics
          .flatMap(({ partitions }) => partitions)
          .flatMap(({ partitionId, leader }) => {
            const address = addresses.get(leader);
            return address === undefined ? [] : [[partitionId, address] as const];
          }),
      );
    },
    listGroups: async () => (await call('list groups', () => admin.listGroups())).groups.map(({ groupId }) => groupId),
    async deleteGroups(groups) {
      if (groups.length > 0) await call('delete groups', () => admin.deleteGroups([...groups]));
    },
  };
}
