/**
 * Every event accounted for: clients that are cut at random and come back to any instance, while the broker, a process
 * that serves clients and the one that reads Kafka are killed. Each event of a client's tokens was received, or lies
 * inside a gap that it was told. RUNS, as `make test-all` sets it, makes it 200 clients and five minutes.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { FeedClient, type FeedEvents } from '@odin/client';
import { PROBE_TYPE, TOPIC_NAMES } from '@odin/events';
import { type FeedRecord, lastRecords } from '@odin/kafka';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, startApp, stateDir } from '../../support/app.ts';
import { startKafka, type TestKafka } from '../../support/kafka.ts';
import { until } from '../../support/wait.ts';

const TOKENS = ['BTC', 'ETH', 'SOL', 'ADA', 'DOGE'];
const LONG = Boolean(process.env.RUNS);
const CLIENTS = LONG ? 200 : 30;
const RATE = 150;
/** Milliseconds of trouble after each thing that is killed. */
const CALM_MS = LONG ? 73_000 : 5_000;
/** Cut or moved this often, one client at a time. */
const TROUBLE_MS = 150;

let kafka: TestKafka;
let instances: App[];
let publisher: App;

beforeAll(async () => {
  kafka = await startKafka();
  const env = { KAFKA_BROKERS: kafka.address };
  instances = await Promise.all([
    startApp('ws-server', { ...env, INSTANCE: 'ws-1', WS_WORKERS: '2' }),
    // Remembers next to nothing: most of what its clients resume from comes from Kafka.
    startApp('ws-server', { ...env, INSTANCE: 'ws-2', WS_WORKERS: '0', WS_REPLAY_BYTES: '200K' }),
  ]);
  publisher = await startApp('publisher', { ...env, STATE_DIR: await stateDir() });
  for (const app of instances) {
    await until('ready', async () => (await app.get('/readyz')).status === 200, { ms: 20_000, seen: app.output });
  }
}, 60_000);
afterAll(async () => {
  await Promise.all([publisher, ...(instances ?? [])].map((app) => app?.kill()));
  await kafka?.remove();
});

/** A user of the client library who moves to another instance with nothing but its cursor. */
class User {
  readonly tokens = TOKENS.filter(() => Math.random() < 0.5);
  readonly received = new Map<string, number>();
  readonly gaps: FeedEvents['gap'][] = [];
  moves = 0;
  repeats = 0;
  /** Where it first stood. */
  since: string | undefined;
  feed: FeedClient;

  constructor() {
    if (this.tokens.length === 0) this.tokens.push('BTC');
    this.feed = this.#connect();
  }

  move(): void {
    const { cursor } = this.feed;
    this.feed.close();
    this.feed = this.#connect(cursor);
    this.moves += 1;
  }

  #connect(cursor?: string): FeedClient {
    const app = instances[Math.floor(Math.random() * instances.length)] as App;
    const feed = new FeedClient(`ws://127.0.0.1:${app.port}/ws`, { tokens: this.tokens, ...(cursor && { cursor }) });
    feed.on('event', ({ topic, partition, offset }) => {
      // What was on its way when it moved is not its own any more.
      if (feed !== this.feed) return;
      const id = `${topic}/${partition}:${offset}`;
      this.received.set(id, (this.received.get(id) ?? 0) + 1);
    });
    feed.on('gap', (gap) => this.gaps.push(gap));
    feed.on('channels', () => {
      this.since ??= feed.cursor;
    });
    return feed;
  }

  wasTold({ topic, partition, offset }: FeedRecord): boolean {
    return this.gaps.some(({ ranges }) =>
      ranges.some((range) => {
        const { from, to } = range;
        return range.topic === topic && range.partition === partition && from <= offset && offset <= to;
      }),
    );
  }
}

test('received, or inside a told gap', async () => {
  const users = Array.from({ length: CLIENTS }, () => new User());
  for (const user of users) await until('a cursor', () => user.since);
  await publisher.post('/start', { rate: RATE, tokenIds: TOKENS });
  const trouble = async (ms: number) => {
    for (const end = Date.now() + ms; Date.now() < end; ) {
      await sleep(TROUBLE_MS);
      users[Math.floor(Math.random() * users.length)]?.move();
    }
  };
  await trouble(CALM_MS);
  await kafka.kill();
  await trouble(3_000);
  await kafka.restart();
  await trouble(CALM_MS);
  for (const program of ['worker', 'reader']) {
    const [pid = 0] = (await instances[0]?.children(`processes/${program}.ts`)) ?? [];
    process.kill(pid, 'SIGKILL');
    await trouble(CALM_MS);
  }
  await publisher.post('/stop', {});
  for (const app of instances) {
    await until('ready', async () => (await app.get('/readyz')).status === 200, { ms: 20_000, seen: app.output });
  }

  const written = await recordsOfTheFeed();
  expect(written.length).toBeGreaterThan(1_000);
  for (const user of users) {
    const expected = written.filter(({ key }) => user.tokens.includes(String(key)));
    const missing = () =>
      expected.filter((record) => {
        const id = `${record.topic}/${record.partition}:${record.offset}`;
        return !user.received.has(id) && !user.wasTold(record);
      });
    await until('everything is accounted for', () => missing().length === 0, {
      ms: 20_000,
      seen: () => ({
        moves: user.moves,
        gaps: user.gaps,
        tokens: user.tokens,
        missing: missing().length,
        first: missing()[0],
      }),
    });
    expect(user.gaps).toEqual([]);
    user.feed.close();
  }
  expect(users.reduce((sum, { moves }) => sum + moves, 0)).toBeGreaterThan(60);
  const metrics = await Promise.all(instances.map(async (app) => String((await app.get('/metrics')).body.text)));
  for (const program of ['reader', 'worker']) {
    expect(metrics[0]).toMatch(new RegExp(`^ws_process_restarts_total\\{process="${program}"\\} 1$`, 'm'));
  }
  expect(metrics[0]).toMatch(/^ws_resumes_total\{from="memory"\} [1-9]/m);
  expect(metrics[1]).toMatch(/^ws_resumes_total\{from="log"\} [1-9]/m);
}, 600_000);

/** Without what a retried batch wrote twice: servers deliver the first. */
async function recordsOfTheFeed(): Promise<FeedRecord[]> {
  const written: FeedRecord[] = [];
  for (const topic of TOPIC_NAMES) {
    const seen = new Set<string>();
    const all = await lastRecords({ brokers: kafka.brokers, clientId: 'test' }, topic, 100_000, 10_000);
    for (const record of all.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset)) {
      const sequence = `${record.header('odin-run')}/${record.header('odin-seq')}`;
      if (!seen.has(sequence) && !String(record.value).includes(PROBE_TYPE)) written.push(record);
      seen.add(sequence);
    }
  }
  return written;
}
