/** The client library in a real browser, through restarts of its only server: no event is missing, none comes twice. */

import type { FeedClient as Client } from '@odin/client';
import { TOPIC_NAMES } from '@odin/events';
import { lastRecords } from '@odin/kafka';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, startApp, stateDir } from '../../support/app.ts';
import { launch } from '../../support/browser.ts';
import { startKafka, type TestKafka } from '../../support/kafka.ts';
import { until } from '../../support/wait.ts';

interface Seen {
  readonly ids: string[];
  readonly gaps: unknown[];
}

let kafka: TestKafka;
let publisher: App;
let server: App;
let browser: Browser;
const start = (port?: number) =>
  startApp('ws-server', { KAFKA_BROKERS: kafka.address, INSTANCE: 'ws-1', ...(port && { PORT: String(port) }) });

beforeAll(async () => {
  kafka = await startKafka();
  server = await start();
  publisher = await startApp('publisher', { KAFKA_BROKERS: kafka.address, STATE_DIR: await stateDir() });
  browser = await launch();
  await until('ready', async () => (await server.get('/readyz')).status === 200, { ms: 20_000, seen: server.output });
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([publisher?.kill(), server?.kill()]);
  await kafka?.remove();
});

test('a page misses nothing while its server ends, comes back, dies and comes back', async () => {
  const page = await browser.newPage();
  await page.goto(`${server.url}/livez`);
  const library = "import { FeedClient } from '/client.js'; Object.assign(globalThis, { FeedClient });";
  await page.addScriptTag({ type: 'module', content: library });
  await page.waitForFunction(() => 'FeedClient' in globalThis);
  await page.evaluate(async (address) => {
    const { FeedClient } = globalThis as unknown as { FeedClient: typeof Client };
    const seen: Seen = { ids: [], gaps: [] };
    const feed = new FeedClient(address, { tokens: ['BTC'] });
    feed.on('event', ({ topic, partition, offset }) => {
      seen.ids.push(`${topic}/${partition}:${offset}`);
    });
    feed.on('gap', (gap) => seen.gaps.push(gap));
    await new Promise<void>((live) => feed.on('channels', () => live()));
    Object.assign(globalThis, { seen });
  }, `ws://127.0.0.1:${server.port}/ws`);
  const seen = (): Promise<Seen> => page.evaluate(() => (globalThis as unknown as { seen: Seen }).seen);
  const more = async () => {
    const before = (await seen()).ids.length;
    await until('events', async () => (await seen()).ids.length > before + 50, { ms: 40_000, seen: server.output });
  };

  await publisher.post('/start', { rate: 100, tokenIds: ['BTC', 'ETH'] });
  await more();
  await server.end();
  server = await start(server.port);
  await more();
  await server.kill();
  server = await start(server.port);
  await more();
  await publisher.post('/stop', {});

  const written: string[] = [];
  for (const topic of TOPIC_NAMES) {
    const records = await lastRecords({ brokers: kafka.brokers, clientId: 'test' }, topic, 100_000, 10_000);
    for (const { key, partition, offset } of records) {
      if (String(key) === 'BTC') written.push(`${topic}/${partition}:${offset}`);
    }
  }
  await until('everything', async () => new Set((await seen()).ids).size === written.length, {
    ms: 20_000,
    seen: () => ({ written: written.length }),
  });
  const { ids, gaps } = await seen();
  expect(ids.toSorted()).toEqual(written.toSorted());
  expect(gaps).toEqual([]);
});
