/** The broker is killed, or hangs, or loses records: whoever reads and writes recovers, and nothing is missing untold. */

import { setTimeout as sleep } from 'node:timers/promises';
import { recordValue } from '@odin/events';
import { createProducer, partitionOfKey } from '@odin/kafka';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, startApp, stateDir } from '../../support/app.ts';
import { startKafka, type TestKafka } from '../../support/kafka.ts';
import { listen } from '../../support/listener.ts';
import { nothingIsMissing } from '../../support/nothing-missing.ts';
import { until } from '../../support/wait.ts';

const TOKENS = ['BTC', 'ETH', 'SOL'];
/** After the broker serves again. */
const RECOVERED_MS = 10_000;
/** How long it answers nothing; minutes with `make test-all`, which sets RUNS. */
const SILENT_MS = process.env.RUNS ? 150_000 : 15_000;
const LOST = 200;

let kafka: TestKafka;
let server: App;
let publisher: App;

const readyz = async () => (await server.get('/readyz')).status;
const status = async () => (await publisher.get('/status')).body;

beforeAll(async () => {
  kafka = await startKafka();
  const env = { KAFKA_BROKERS: kafka.address };
  server = await startApp('ws-server', { ...env, INSTANCE: 'ws-1', WS_WORKERS: '1' });
  publisher = await startApp('publisher', { ...env, STATE_DIR: await stateDir() });
  await until('ready', async () => (await readyz()) === 200, { ms: 20_000, seen: server.output });
}, 60_000);

afterAll(async () => {
  await Promise.all([server?.kill(), publisher?.kill()]);
  await kafka?.remove();
});

test('kill -9 of the broker: no offset is missing afterwards', async () => {
  const listener = await listen(`127.0.0.1:${server.port}`, `?token=${TOKENS.join(',')}`);
  await publisher.post('/start', { rate: 200, tokenIds: TOKENS });
  await until('events flow', () => listener.envelopes.length > 200, { seen: () => listener.envelopes.length });

  await kafka.kill();
  await until('ill health is told', async () => (await readyz()) === 503, { ms: 5_000 });
  expect((await server.get('/health')).body).toMatchObject({ healthy: false, checks: { kafka: { healthy: false } } });
  // Clients stay, and a balancer does not send everybody nowhere.
  expect((await server.get('/lb')).status).toBe(200);
  await until('the publisher notices', async () => (await status()).publisherHealthy === false, { ms: 20_000 });
  expect(await status()).toMatchObject({ isRunning: true, targetRate: 200 });

  await kafka.restart();
  await until('healthy again', async () => (await readyz()) === 200, { ms: RECOVERED_MS, seen: server.output });
  const before = listener.envelopes.length;
  await until('events flow again', () => listener.envelopes.length > before + 200, {
    ms: RECOVERED_MS,
    seen: () => [before, listener.envelopes.length],
  });
  await publisher.post('/stop', {});

  await nothingIsMissing(kafka.brokers, listener, 0);
}, 90_000);

test('a broker that hangs: ill health is told, and no offset is missing afterwards', async () => {
  const since = Date.now();
  const listener = await listen(`127.0.0.1:${server.port}`, `?token=${TOKENS.join(',')}`);
  await publisher.post('/start', { rate: 200, tokenIds: TOKENS });
  await until('events flow', () => listener.envelopes.length > 200, { seen: () => listener.envelopes.length });
  process.kill(kafka.pid, 'SIGSTOP');
  try {
    await until('ill health is told', async () => (await readyz()) === 503, { ms: 5_000 });
    // The outage itself.
    await sleep(SILENT_MS);
    expect(await readyz()).toBe(503);
  } finally {
    process.kill(kafka.pid, 'SIGCONT');
  }
  await until('healthy again', async () => (await readyz()) === 200, { ms: RECOVERED_MS, seen: server.output });
  const before = listener.envelopes.length;
  await until('events flow again', () => listener.envelopes.length > before + 200, {
    ms: 2 * RECOVERED_MS,
    seen: () => [before, listener.envelopes.length, publisher.output()],
  });
  await publisher.post('/stop', {});
  await nothingIsMissing(kafka.brokers, listener, since);
}, 260_000);

test('what the log lost while nobody read it is a gap with its bounds', async () => {
  const topic = 'odin.trades';
  const partition = partitionOfKey('BTC', 12);
  const admin = new kafkajs.Kafka({ brokers: [...kafka.brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  const end = async () => {
    const offsets = await admin.fetchTopicOffsets(topic);
    return Number(offsets.find((of) => of.partition === partition)?.high);
  };
  const listener = await listen(`127.0.0.1:${server.port}`, '?token=BTC&events=trade');
  const from = await end();
  const producer = createProducer({ brokers: kafka.brokers, clientId: 'test' });
  const send = (count: number) => {
    const event = { type: 'TRADE_EXECUTED', token: 'BTC', timestamp: Date.now(), data: {} } as const;
    return producer.send(
      Array.from({ length: count }, () => ({ topic, partition, key: 'BTC', value: recordValue(event) })),
    );
  };
  const [reader = 0] = await server.children('processes/reader.ts');
  process.kill(reader, 'SIGSTOP');
  try {
    // Kafka answers the fetch that waits with the first; the others it has not sent to anybody.
    await send(1);
    await send(LOST);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(from + 1 + LOST) }] });
  } finally {
    process.kill(reader, 'SIGCONT');
  }
  const expected = Array.from({ length: LOST + 2 }, (_, index) => from + index);
  const accounted = () => {
    const gaps = listener.messages.flatMap((message) => (message.type === 'gap' ? message.data.ranges : []));
    const told = gaps.flatMap((range) => expected.filter((offset) => range.from <= offset && offset <= range.to));
    return [...new Set([...listener.envelopes.map(({ offset }) => offset), ...told])].toSorted((a, b) => a - b);
  };
  await until('the gap', () => listener.messages.some(({ type }) => type === 'gap'), {
    ms: 60_000,
    seen: server.output,
  });
  await send(1);
  await until('everything', () => accounted().length === expected.length, { ms: RECOVERED_MS, seen: accounted });
  expect(accounted()).toEqual(expected);
  expect(listener.envelopes.at(-1)?.offset).toBe(expected.at(-1));
  await producer.close();
  await admin.disconnect();
}, 120_000);
