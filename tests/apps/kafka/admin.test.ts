/** The wrapper around kafkajs against a real broker. */

import { connect } from 'node:net';
import {
  createAdmin,
  createProducer,
  describeStream,
  type KafkaAdmin,
  KafkaUnreachableError,
  lastRecords,
  MissingTopicsError,
} from '@odin/kafka';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withoutIds } from '../../../apps/kafka/epoch.ts';
import { fetchMetadata, knowsTopicIds } from '../../../apps/kafka/metadata.ts';
import { startKafka, type TestKafka } from '../../support/kafka.ts';

let kafka: TestKafka;
let admin: KafkaAdmin;
const options = () => ({ brokers: kafka.brokers, clientId: 'test' });
const topic = (name: string, partitions = 2, configs = {}) => ({ name, partitions, replication: 1, configs });

beforeAll(async () => {
  kafka = await startKafka([]);
  admin = await createAdmin(options());
}, 60_000);
afterAll(async () => {
  await admin?.close();
  await kafka?.remove();
});

test('topics are created, described, grown and configured, and every answer is settled', async () => {
  await admin.createTopics([topic('a', 2, { 'retention.ms': '1000' })]);
  expect(await admin.describeTopics(['a', 'absent'])).toEqual([topic('a', 2, { 'retention.ms': '1000' })]);
  await admin.addPartitions('a', 3);
  // A change of one value keeps the others.
  await admin.setConfigs('a', { 'segment.ms': '600000' });
  expect(await admin.describeTopics()).toEqual([topic('a', 3, { 'retention.ms': '1000', 'segment.ms': '600000' })]);
  expect([...(await admin.offsets('a'))].sort()).toEqual(
    [0, 1, 2].map((partition) => [partition, { low: 0, high: 0 }]),
  );
  expect(await admin.brokers()).toEqual(kafka.brokers);
});

test('the last records of a topic, oldest first', async () => {
  await admin.createTopics([topic('b')]);
  const producer = createProducer(options());
  const records = [1, 2, 3, 4, 5].map((n) => ({
    topic: 'b',
    key: `k${n}`,
    value: `v${n}`,
    timestamp: 1_700_000_000_000 + n,
  }));
  await admin.setConfigs('b', { 'retention.ms': '-1' });
  await producer.send(records);
  await producer.close();
  const read = await lastRecords(options(), 'b', 3, 5_000);
  expect(read.map(({ key, value, timestamp }) => [String(key), String(value), timestamp % 10])).toEqual([
    ['k3', 'v3', 3],
    ['k4', 'v4', 4],
    ['k5', 'v5', 5],
  ]);
  expect(await lastRecords(options(), 'a', 3, 5_000)).toEqual([]);
  expect(await admin.listGroups()).toEqual([]);
});

test('the epoch follows the identity of topics and marker, with and without topic ids', async () => {
  expect(await knowsTopicIds(options(), 3_000)).toBe(true);
  const epoch = async () => (await describeStream(options(), ['a', 'b'], 'marker')).epoch;
  const seen = [await epoch(), await epoch()];
  expect(seen[0]).toBe(seen[1]);
  await admin.createTopics([topic('marker', 1)]);
  seen.push(await epoch());
  await admin.addPartitions('marker', 2);
  seen.push(await epoch());
  await admin.deleteTopics(['a']);
  await admin.createTopics([topic('a')]);
  seen.push(await epoch());
  expect(new Set(seen).size).toBe(4);
  await expect(describeStream(options(), ['a', 'nope'])).rejects.toThrow(MissingTopicsError);

  const withIds = await fetchMetadata(options(), ['a', 'b', 'nope'], 3_000);
  const without = await withoutIds(options(), ['a', 'b', 'nope']);
  expect(without.clusterId).toBe(withIds.clusterId);
  expect([...without.topics]).toEqual(
    [...withIds.topics].map(([name, { partitions }]) => [name, { id: '', partitions }]),
  );
});

test('every connection can be dialled by someone else', async () => {
  const dialled: string[] = [];
  const [host, port] = kafka.address.split(':');
  const dial = (...to: [string, number]) => {
    dialled.push(to.join(':'));
    return connect({ host, port: Number(port) });
  };
  // The name cannot be resolved: only the dial gets there.
  const tunnelled = { brokers: ['broker.invalid:9092'], clientId: 'test', dial };
  const other = await createAdmin(tunnelled);
  expect(await other.clusterId()).toBe(await admin.clusterId());
  await other.close();
  await describeStream(tunnelled, ['a']);
  const producer = createProducer(tunnelled);
  await producer.send([{ topic: 'a', key: 'k', value: 'v' }]);
  await producer.close();
  expect(new Set(dialled)).toEqual(new Set(['broker.invalid:9092', kafka.address]));
});

test('a broker that is not there is told in time, as a type', async () => {
  const nowhere = { brokers: ['127.0.0.1:1'], clientId: 'test' };
  await expect(createAdmin(nowhere)).rejects.toThrow(KafkaUnreachableError);
  await expect(describeStream(nowhere, ['a'])).rejects.toThrow(KafkaUnreachableError);
  await expect(createProducer(nowhere).send([{ topic: 'a', key: null, value: '' }])).rejects.toThrow(
    KafkaUnreachableError,
  );
}, 30_000);
