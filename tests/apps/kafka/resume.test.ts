/** Cursors against a real broker: memory of one instance, the log for another, retention, and an end that moved. */

import { parseCursor } from '@odin/events';
import { createProducer, LogReader, type Producer, partitionOfKey } from '@odin/kafka';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../../apps/kafka/connection.ts';
import { type App, startApp } from '../../support/app.ts';
import { startKafka, type TestKafka } from '../../support/kafka.ts';
import { type Listener, listen } from '../../support/listener.ts';
import { until } from '../../support/wait.ts';

const PARTITION = partitionOfKey('BTC', 12);

let kafka: TestKafka;
/** The first remembers, the second reads everything again from Kafka. */
let instances: readonly [App, App];
let producer: Producer;
const options = () => ({ brokers: kafka.brokers, clientId: 'test' });
const upTo = (end: number, start = 0) => Array.from({ length: end - start }, (_, index) => start + index);

beforeAll(async () => {
  kafka = await startKafka();
  const env = { KAFKA_BROKERS: kafka.address };
  instances = await Promise.all([
    startApp('ws-server', { ...env, INSTANCE: 'ws-1' }),
    startApp('ws-server', { ...env, INSTANCE: 'ws-2', WS_REPLAY_BYTES: '0' }),
  ]);
  producer = createProducer(options());
  for (const app of instances) {
    await until('ready', async () => (await app.get('/readyz')).status === 200, { ms: 20_000, seen: app.output });
  }
}, 60_000);
afterAll(async () => {
  await Promise.all([...(instances ?? []).map((app) => app.kill()), producer?.close()]);
  await kafka?.remove();
});

const addressOf = (app: App) => `127.0.0.1:${app.port}`;
const offsets = (listener: Listener) =>
  listener.envelopes.filter(({ channel }) => channel === 'BTC.trade').map(({ offset }) => offset);

async function cursorOf(app: App): Promise<string> {
  const listener = await listen(addressOf(app));
  listener.close();
  const { data } = listener.messages[0] as { data: { cursor: string } };
  return data.cursor;
}

async function produce(count: number, size = 200): Promise<void> {
  const value = JSON.stringify({ type: 'TRADE_EXECUTED', token: 'BTC', timestamp: Date.now(), data: 'x'.repeat(size) });
  for (let left = count; left > 0; left -= 500) {
    await producer.send(upTo(Math.min(left, 500)).map(() => ({ topic: 'odin.trades', key: 'BTC', value })));
  }
}

test('a cursor of either instance resumes on the other, from memory or from Kafka, without a gap', async () => {
  const from = await cursorOf(instances[0]);
  const cursors = await Promise.all(instances.map(cursorOf));
  expect(cursors).toEqual([from, from]);
  await produce(3_000);
  const listeners = await Promise.all(instances.map((app) => listen(addressOf(app), `?token=BTC,ETH&cursor=${from}`)));
  await produce(500);
  for (const listener of listeners) {
    await until('all', () => offsets(listener).length >= 3_500, { ms: 20_000, seen: () => offsets(listener).length });
    expect(offsets(listener)).toEqual(upTo(3_500));
    expect(listener.messages.map(({ type }) => type)).toEqual(['welcome', 'resumed']);
  }
  const metrics = await Promise.all(instances.map(async (app) => String((await app.get('/metrics')).body.text)));
  expect(metrics[0]).toMatch(/^ws_resumes_total\{from="memory"\} 1$/m);
  expect(metrics[1]).toMatch(/^ws_resumes_total\{from="log"\} 1$/m);
});

test('many resume together from one shared scan', async () => {
  const from = await cursorOf(instances[1]);
  await produce(2_000);
  const start = offsets(await listen(addressOf(instances[0]), `?token=BTC&cursor=${from}`))[0];
  const listeners = await Promise.all(
    upTo(40).map(() => listen(addressOf(instances[1]), `?token=BTC&events=trade&cursor=${from}`)),
  );
  for (const listener of listeners) {
    await until('all', () => offsets(listener).length >= 2_000, { ms: 20_000, seen: () => offsets(listener).length });
    expect(offsets(listener)).toEqual(upTo(5_500, start ?? 3_500));
  }
});

test('what retention took is told with its bounds, and the rest is sent', async () => {
  const cursor = (await cursorOf(instances[1])).split('-')[0];
  const admin = connect(options()).admin();
  await admin.connect();
  await admin.fetchTopicOffsets('odin.trades');
  await admin.deleteTopicRecords({ topic: 'odin.trades', partitions: [{ partition: PARTITION, offset: '5000' }] });
  await admin.disconnect();
  const zeros = `${cursor}-trade.${new Array(12).fill(0).join('.')}`;
  const listener = await listen(addressOf(instances[1]), `?token=BTC&events=trade&cursor=${zeros}`);
  const { data } = await listener.message('gap');
  expect(data).toMatchObject({ reason: 'retention', ranges: [{ channel: 'BTC.trade', from: 0, to: 4_999 }] });
  await until('the rest', () => offsets(listener).length >= 500, { seen: () => offsets(listener).length });
  expect(offsets(listener)).toEqual(upTo(5_500, 5_000));
});

test('a cursor past the end of the log is of another life of it', async () => {
  const epoch = parseCursor(await cursorOf(instances[0]))?.epoch;
  const far = `${epoch}-trade.${new Array(12).fill(1_000_000).join('.')}`;
  for (const app of instances) {
    const listener = await listen(addressOf(app), `?token=BTC&events=trade&cursor=${far}`);
    expect((await listener.message('gap')).data).toMatchObject({ reason: 'epoch', ranges: [{ from: 0, to: 5_499 }] });
    await listener.message('resumed');
  }
});

test.each(['None', 'GZIP'] as const)(
  'the log reader decodes batches with compression %s as the consumer does',
  async (compression) => {
    const reader = new LogReader(options());
    const before = await reader.read('odin.trades', PARTITION, 5_500);
    const start = before.records.length + 5_500;
    const other = connect(options()).producer();
    await other.connect();
    const now = Date.now();
    const headers = { 'odin-run': 'r', 'odin-seq': '7' };
    await other.send({
      topic: 'odin.trades',
      compression: kafkajs.CompressionTypes[compression],
      messages: [
        { key: 'BTC', value: '{"n":1}', headers, timestamp: String(now) },
        { key: 'BTC', value: null },
      ],
    });
    await other.disconnect();
    const { records, next } = await reader.read('odin.trades', PARTITION, start);
    await reader.close();
    expect(next).toBe(start + 2);
    expect(records.map(({ offset, key, value }) => [offset, String(key), value && String(value)])).toEqual([
      [start, 'BTC', '{"n":1}'],
      [start + 1, 'BTC', null],
    ]);
    expect(records[0]?.timestamp).toBe(now);
    expect(records[0]?.header('odin-seq')).toBe('7');
    expect(records[1]?.header('odin-seq')).toBeUndefined();
  },
);
