/** Leaders move from one broker to another, and back: the feed goes on, and nothing is missing. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TOPIC_NAMES } from '@odin/events';
import { createAdmin } from '@odin/kafka';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, type LocalBroker, startBroker } from '../../../fleet/dev/broker.ts';
import { type App, startApp, stateDir } from '../../support/app.ts';
import { TEST_TOPICS } from '../../support/kafka.ts';
import { listen } from '../../support/listener.ts';
import { nothingIsMissing } from '../../support/nothing-missing.ts';
import { until } from '../../support/wait.ts';

const TOKENS = ['BTC', 'ETH', 'SOL'];
const RECOVERED_MS = 20_000;

let dir: string;
const nodes: LocalBroker[] = [];
let brokers: string[];
let server: App;
let publisher: App;

const readyz = async () => (await server.get('/readyz')).status;

/** The addresses that lead any partition of the feed. */
async function leading(): Promise<string[]> {
  const admin = await createAdmin({ brokers, clientId: 'test' });
  try {
    const all = await Promise.all(TOPIC_NAMES.map((topic) => admin.leaders(topic)));
    return [...new Set(all.flatMap((leaders) => [...leaders.values()]))].toSorted();
  } finally {
    await admin.close();
  }
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'odin-kafka-'));
  const controller = await freePort();
  for (const node of [1, 2]) {
    const ports = { client: await freePort(), controller, node, replicas: 2 };
    nodes.push(await startBroker(join(dir, `node-${node}`), ports));
  }
  brokers = nodes.map(({ address }) => address);
  const admin = await createAdmin({ brokers, clientId: 'test' });
  await admin.createTopics(TEST_TOPICS.map((topic) => ({ ...topic, replication: 2 })));
  await admin.close();
  const env = { KAFKA_BROKERS: brokers.join(',') };
  server = await startApp('ws-server', { ...env, INSTANCE: 'ws-1' });
  publisher = await startApp('publisher', { ...env, STATE_DIR: await stateDir() });
  await until('ready', async () => (await readyz()) === 200, { ms: 30_000, seen: server.output });
}, 180_000);

afterAll(async () => {
  await Promise.all([server?.kill(), publisher?.kill()]);
  for (const node of nodes.toReversed()) await node.stop();
  await rm(dir, { recursive: true, force: true });
});

test('a broker dies, the other leads everything, and it comes back', async () => {
  const listener = await listen(`127.0.0.1:${server.port}`, `?token=${TOKENS.join(',')}`);
  const flow = async (what: string) => {
    const before = listener.envelopes.length;
    await until(what, () => listener.envelopes.length > before + 300, {
      ms: RECOVERED_MS,
      seen: () => [before, listener.envelopes.length, server.output().slice(-500), publisher.output().slice(-500)],
    });
  };
  expect(await leading()).toEqual(brokers.toSorted());
  await publisher.post('/start', { rate: 200, tokenIds: TOKENS });
  await flow('events flow');
  await nodes[1]?.kill();
  await until('the first leads everything', async () => String(await leading()) === brokers[0], {
    ms: RECOVERED_MS,
    seen: leading,
  });
  await until('healthy', async () => (await readyz()) === 200, { ms: RECOVERED_MS, seen: server.output });
  await flow('events flow from the other');
  await nodes[1]?.restart();
  await flow('events flow with both');
  await publisher.post('/stop', {});
  await nothingIsMissing(brokers, listener, 0);
}, 150_000);
