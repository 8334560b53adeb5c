/** The broker is killed and comes back: whoever reads and writes recovers, and nothing is missing. */

import { TOPIC_NAMES } from '@odin/events';
import { lastRecords } from '@odin/kafka';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, startApp, stateDir } from '../../support/app.ts';
import { startKafka, type TestKafka } from '../../support/kafka.ts';
import { listen } from '../../support/listener.ts';
import { until } from '../../support/wait.ts';

const TOKENS = ['BTC', 'ETH', 'SOL'];
/** After the broker serves again. */
const RECOVERED_MS = 10_000;

let kafka: TestKafka;
let server: App;
let publisher: App;

const readyz = async () => (await server.get('/readyz')).status;
const status = async () => (await publisher.get('/status')).body;

beforeAll(async () => {
  kafka = await startKafka();
  const env = { KAFKA_BROKERS: kafka.address };
  server = await startApp('ws-server', { ...env, INSTANCE: 'ws-1' });
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

  const inKafka: string[] = [];
  for (const topic of TOPIC_NAMES) {
    const records = await lastRecords({ brokers: kafka.brokers, clientId: 'test' }, topic, 100_000, 10_000);
    const seen = new Set<string>();
    for (const { partition, offset, header } of records) {
      // A batch that was retried may be in the log twice; the server delivers it once.
      const sequence = `${header('odin-run')}/${header('odin-seq')}`;
      if (!seen.has(sequence)) inKafka.push(`${topic}/${partition}:${offset}`);
      seen.add(sequence);
    }
  }
  await until('all events', () => new Set(listener.ids()).size >= inKafka.length, {
    seen: () => [listener.envelopes.length, inKafka.length],
  });
  expect([...new Set(listener.ids())].sort()).toEqual(inKafka.sort());
  expect(listener.closed).toBeUndefined();
}, 90_000);
