import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, startApp, stateDir } from '../../support/app.ts';

/** Nobody listens here: what is tested works without a broker. */
const NO_BROKER = '127.0.0.1:1';

let dir: string;
let publisher: App;
const start = () => startApp('publisher', { KAFKA_BROKERS: NO_BROKER, STATE_DIR: dir });

beforeAll(async () => {
  dir = await stateDir();
  publisher = await start();
});
afterAll(() => publisher.kill());

describe('bad requests are refused with a reason', () => {
  test.each<[string, unknown, string]>([
    ['/start', { tokenIds: ['BTC'], rate: 0 }, 'rate must be'],
    ['/start', { tokenIds: ['BTC'], rate: -1 }, 'rate must be'],
    ['/start', { tokenIds: ['BTC'], rate: '50' }, 'rate must be'],
    ['/start', { tokenIds: ['BTC'], rate: 1e9 }, 'rate must be'],
    ['/start', { rate: 50 }, 'tokenIds array is required'],
    ['/start', { rate: 50, tokenIds: [] }, 'tokenIds array is required'],
    ['/start', { rate: 50, tokenIds: ['A.B'] }, '"A.B" is not a token'],
    ['/start', { rate: 50, tokenIds: ['_probe'] }, '"_probe" is not a token'],
    ['/start', [], 'must be an object'],
    ['/rate', { rate: 50 }, 'not running'],
  ])('%s %j', async (path, body, reason) => {
    const answer = await publisher.post(path, body);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toContain(reason);
  });

  test('a body that is not JSON, a wrong method, a wrong path', async () => {
    const statuses = await Promise.all([
      fetch(`${publisher.url}/start`, { method: 'POST', body: '{' }).then(({ status }) => status),
      fetch(`${publisher.url}/start`).then(({ status }) => status),
      fetch(`${publisher.url}/nope`).then(({ status }) => status),
    ]);
    expect(statuses).toEqual([400, 405, 404]);
  });
});

test('state survives a kill, and an outage is no reason to lose it', async () => {
  expect((await publisher.get('/status')).body).toMatchObject({ isRunning: false, targetRate: 0 });
  expect(await publisher.post('/start', { rate: 12.5, tokenIds: ['BTC', 'ETH', 'BTC'] })).toMatchObject({
    status: 200,
    body: { status: 'started', rate: 12.5, tokenCount: 2 },
  });
  expect((await publisher.post('/rate', { rate: 25 })).status).toBe(200);
  await publisher.kill();
  publisher = await start();
  expect((await publisher.get('/status')).body).toMatchObject({
    isRunning: true,
    targetRate: 25,
    currentRate: 0,
    tokenIds: ['BTC', 'ETH'],
    publisherHealthy: false,
  });
  expect((await publisher.post('/stop', {})).body).toEqual({ status: 'stopped' });
  expect(JSON.parse(await readFile(join(dir, 'publisher.json'), 'utf8'))).toEqual({
    running: false,
    rate: 25,
    tokenIds: ['BTC', 'ETH'],
  });
  const { text } = (await publisher.get('/metrics')).body;
  expect(text).toMatch(/^publisher_events_published_total 0$/m);
  expect((await publisher.end()).code).toBe(0);
});

test('the environment starts it only while there is no state', async () => {
  const env = {
    KAFKA_BROKERS: NO_BROKER,
    STATE_DIR: await stateDir(),
    PUBLISHER_RATE: '50',
    PUBLISHER_TOKENS: 'BTC,SOL',
  };
  const first = await startApp('publisher', env);
  expect((await first.get('/status')).body).toMatchObject({
    isRunning: true,
    targetRate: 50,
    tokenIds: ['BTC', 'SOL'],
  });
  await first.post('/stop', {});
  await first.kill();
  const second = await startApp('publisher', env);
  expect((await second.get('/status')).body).toMatchObject({ isRunning: false });
  await second.kill();
});
