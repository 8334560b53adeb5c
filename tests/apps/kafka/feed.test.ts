/** Two instances, a publisher and a real broker: everybody gets everything. */

import { EPOCH_TOPIC, PROBE_TOKEN, probeEvent, recordValue, SUFFIXES, TOPIC_NAMES } from '@odin/events';
import { createAdmin, createProducer, type KafkaAdmin, lastRecords } from '@odin/kafka';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, startApp, stateDir } from '../../support/app.ts';
import { startKafka, type TestKafka } from '../../support/kafka.ts';
import { listen } from '../../support/listener.ts';
import { until } from '../../support/wait.ts';

let kafka: TestKafka;
let admin: KafkaAdmin;
let instances: App[];
let publisher: App;

const kafkaOf = async (app: App) => (await app.get('/health')).body;
const ready = (app: App) =>
  until('ready', async () => (await app.get('/readyz')).status === 200, { ms: 20_000, seen: app.output });
const addressOf = (app: App) => `127.0.0.1:${app.port}`;

beforeAll(async () => {
  kafka = await startKafka();
  admin = await createAdmin({ brokers: kafka.brokers, clientId: 'test' });
  const env = { KAFKA_BROKERS: kafka.address, KAFKA_GROUP_ID: 'feed' };
  instances = await Promise.all(['ws-1', 'ws-2'].map((name) => startApp('ws-server', { ...env, INSTANCE: name })));
  publisher = await startApp('publisher', { KAFKA_BROKERS: kafka.address, STATE_DIR: await stateDir() });
  await Promise.all(instances.map(ready));
}, 60_000);

afterAll(async () => {
  await Promise.all([publisher, ...instances].map((app) => app?.kill()));
  await admin?.close();
  await kafka?.remove();
});

test('each client on each instance gets every event of its token, and the rate is held', async () => {
  const [all, ...others] = await Promise.all([
    ...instances.map((app) => listen(addressOf(app), '?token=BTC')),
    listen(addressOf(instances[0] as App), '?token=ETH&events=trade'),
  ]);
  await publisher.post('/start', { rate: 400, tokenIds: ['BTC', 'ETH', 'SOL'] });
  await until('BTC on all eight channels', () => new Set(all?.envelopes.map(({ channel }) => channel)).size === 8, {
    ms: 20_000,
    seen: () => all?.envelopes.length,
  });
  const status = await until('a full window', async () => {
    const { body } = await publisher.get('/status');
    return Number(body.published) > 400 * 6 && body;
  });
  expect(Math.abs(Number(status.currentRate) - 400)).toBeLessThan(400 * 0.05);
  await publisher.post('/stop', {});
  expect((await publisher.get('/status')).body).toMatchObject({
    isRunning: false,
    currentRate: 0,
    failed: 0,
    skipped: 0,
  });

  // What each topic holds is the measure: read it back with a consumer of its own.
  const inKafka = new Map<string, string[]>();
  for (const topic of TOPIC_NAMES) {
    for (const record of await lastRecords({ brokers: kafka.brokers, clientId: 'test' }, topic, 100_000, 10_000)) {
      const token = String(record.key);
      inKafka.set(token, [...(inKafka.get(token) ?? []), `${record.topic}/${record.partition}:${record.offset}`]);
    }
  }
  const expected = inKafka.get('BTC')?.sort() ?? [];
  expect(expected.length).toBeGreaterThan(500);
  for (const listener of [all, others[0]]) {
    await until('all events', () => (listener?.envelopes.length ?? 0) >= expected.length, {
      seen: () => [listener?.envelopes.length, expected.length],
    });
    expect(listener?.ids().sort()).toEqual(expected);
  }
  const trades = inKafka.get('ETH')?.filter((id) => id.startsWith('odin.trades/'));
  expect(others[1]?.ids().sort()).toEqual(trades?.sort());
}, 60_000);

test('a probe on each topic reaches whoever asks for probes, on each instance, and nobody else', async () => {
  const probes = await Promise.all(instances.map((app) => listen(addressOf(app), `?token=${PROBE_TOKEN}`)));
  const ordinary = await listen(addressOf(instances[0] as App), '?token=BTC,ETH,SOL');
  const producer = createProducer({ brokers: kafka.brokers, clientId: 'gate' });
  const value = recordValue(probeEvent('gate-1', Date.now()));
  await producer.send(TOPIC_NAMES.map((topic) => ({ topic, key: PROBE_TOKEN, value })));
  await producer.close();
  for (const probe of probes) {
    await until('eight probes', () => probe.envelopes.length === 8, { seen: () => probe.envelopes });
    const channels = probe.envelopes.map(({ channel }) => channel).sort();
    expect(channels).toEqual(SUFFIXES.map((suffix) => `${PROBE_TOKEN}.${suffix}`).sort());
    expect(probe.envelopes[0]?.event).toMatchObject({ type: 'PROBE', data: { id: 'gate-1' } });
  }
  expect(ordinary.envelopes).toHaveLength(0);
});

test('what is no event is counted and harms nobody; a producer repeat is dropped', async () => {
  const listener = await listen(addressOf(instances[0] as App), '?token=BTC');
  const producer = createProducer({ brokers: kafka.brokers, clientId: 'test' });
  const headers = { 'odin-run': 'run-1', 'odin-seq': '1' };
  const good = { topic: 'odin.trades', key: 'BTC', value: '{"n":1}', headers };
  await producer.send([
    { topic: 'odin.trades', key: null, value: '{}' },
    { topic: 'odin.trades', key: 'BTC', value: null },
    { topic: 'odin.trades', key: 'BTC', value: 'text' },
    { topic: 'odin.trades', key: 'BTC', value: Buffer.from([0x7b, 0xff, 0x7d]) },
    { topic: 'odin.trades', key: 'a.b', value: '{}' },
    good,
    good,
    { ...good, value: '{"n":2}', headers: { ...headers, 'odin-seq': '2' } },
  ]);
  await producer.close();
  await until('both events', () => listener.envelopes.length === 2, { seen: () => listener.envelopes });
  expect(listener.envelopes.map(({ event }) => event)).toEqual([{ n: 1 }, { n: 2 }]);
  const metrics = String((await instances[0]?.get('/metrics'))?.body.text);
  expect(metrics).toMatch(/kafka_records_dropped_total\{reason="malformed"\} 3/);
  expect(metrics).toMatch(/kafka_records_dropped_total\{reason="no_key"\} 2/);
  expect(metrics).toMatch(/kafka_records_dropped_total\{reason="producer_repeat"\} 1/);
});

test('a recreated topic, and a new marker, begin a new epoch, and nothing of it is missed', async () => {
  const listener = await listen(addressOf(instances[0] as App), '?token=BTC');
  const epochOf = async () => JSON.stringify((await kafkaOf(instances[0] as App)).checks).match(/"epoch":"(\w+)"/)?.[1];
  const first = await epochOf();
  await admin.deleteTopics(['odin.trades']);
  await admin.createTopics([{ name: 'odin.trades', partitions: 12, replication: 1, configs: {} }]);
  const producer = createProducer({ brokers: kafka.brokers, clientId: 'test' });
  await until('a send', () => producer.send([{ topic: 'odin.trades', key: 'BTC', value: '{"n":3}' }]).then(() => true));
  await producer.close();
  await until('the first record of the new topic', () => listener.envelopes.length > 0, { ms: 20_000 });
  expect(listener.envelopes[0]).toMatchObject({ topic: 'odin.trades', offset: 0, event: { n: 3 } });
  const second = listener.envelopes[0]?.epoch;
  expect(second).not.toBe(first);
  await admin.createTopics([{ name: EPOCH_TOPIC, partitions: 1, replication: 1, configs: {} }]);
  await until('another epoch', async () => (await epochOf()) !== second, { ms: 20_000 });
}, 60_000);

test('partitioned delivery: the broker splits the partitions, and each instance is healthy with its share', async () => {
  const env = { KAFKA_BROKERS: kafka.address, KAFKA_GROUP_ID: 'shared', DELIVERY: 'partitioned' };
  const pair = await Promise.all(['a', 'b'].map((name) => startApp('ws-server', { ...env, INSTANCE: name })));
  try {
    const shares = async () =>
      Promise.all(
        pair.map(async (app) => {
          const { checks } = (await kafkaOf(app)) as { checks: { kafka: { healthy: boolean; assigned: number } } };
          return checks.kafka.healthy ? checks.kafka.assigned : 0;
        }),
      );
    await until(
      'a split of all 96',
      async () => {
        const [a = 0, b = 0] = await shares();
        return a > 0 && b > 0 && a + b === 96;
      },
      { ms: 30_000, seen: () => pair.map((app) => app.output().slice(-300)) },
    );
  } finally {
    await Promise.all(pair.map((app) => app.end()));
  }
}, 60_000);

test('an instance that ends tells its clients and leaves no group behind', async () => {
  await Promise.all(instances.map(ready));
  const listeners = await Promise.all(instances.map((app) => listen(addressOf(app), '?token=BTC')));
  const ends = await Promise.all(instances.map((app) => app.end()));
  for (const { code, ms } of ends) {
    expect(code).toBe(0);
    expect(ms).toBeLessThan(10_000);
  }
  for (const listener of listeners) expect((await until('the close', () => listener.closed)).code).toBe(1012);
  const groups = await admin.listGroups();
  expect(groups.filter((group) => group.startsWith('feed.'))).toHaveLength(0);
}, 30_000);
