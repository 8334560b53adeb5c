import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LoadPlan } from '../../../apps/loadtest/plan.ts';
import { type RunOptions, runLoad } from '../../../apps/loadtest/run.ts';
import { resolveTarget } from '../../../apps/loadtest/target.ts';
import { type FanOut, startFanOut } from '../../support/fan-out.ts';
import { until } from '../../support/wait.ts';

const RATE_MS = 20;

let server: FanOut;
let feed: NodeJS.Timeout;
beforeEach(async () => {
  server = await startFanOut({ limits: { queueBytes: 4096, lagMs: 500, lagBytes: 4096 } });
});
afterEach(async () => {
  clearInterval(feed);
  await server.stop();
});

const publish = (padding = '') => {
  feed = setInterval(() => {
    for (const token of ['BTC', 'ETH']) server.publish(token, 'trade', padding);
  }, RATE_MS);
};

async function load(more: Partial<LoadPlan>, hooks: Partial<RunOptions> = {}) {
  const target = await resolveTarget(`ws://${server.address}/ws`, false);
  const plan: LoadPlan = {
    target,
    query: 'token={tokens}',
    clients: 40,
    tokens: ['BTC', 'ETH'],
    tokensPerClient: 1,
    ramp: 200,
    every: 4,
    stall: 0,
    workers: 2,
    sources: 2,
    ...more,
  };
  return runLoad({ plan, seconds: 2, settleSeconds: 1, brokers: [], ...hooks });
}

test('all clients of all processes get what is published, and it is told how soon', async () => {
  publish();
  const result = await load({});
  expect(result).toMatchObject({
    ok: true,
    clients: { asked: 40, welcomed: 40 },
    ends: { 1000: 40 },
    checked: { repeated: 0, disordered: 0, against: null },
    short: 0,
  });
  // 40 clients of one token each, 50 events a second; timers are late on a busy machine.
  expect(result.deliveries.perSecond).toBeGreaterThan(500);
  expect(result.deliveries.perSecond).toBeLessThan(2_200);
  expect(result.latencyMs.p50).toBeGreaterThan(0);
  await until('all clients are gone', () => server.stats.connections === 0);
});

test('the measurement waits until those who are connected are fed, and ends when it is told', async () => {
  const ended = new AbortController();
  const seen: string[] = [];
  let frames = 0;
  const running = load(
    {},
    {
      seconds: 60,
      signal: ended.signal,
      onConnected: async () => {
        seen.push(`${server.stats.connections} connected`);
        publish();
        await until('something arrived', () => frames > 200);
      },
      onSnapshot: (snapshot) => {
        frames = snapshot.frames;
        if (seen.includes('begun') && frames > 400) ended.abort();
      },
      onMeasure: (begins) => seen.push(begins ? 'begun' : 'ended'),
    },
  );
  expect(await running).toMatchObject({ ok: true });
  expect(seen).toEqual(['40 connected', 'begun', 'ended']);
});

test('refusals, lost connections and close codes are told apart', async () => {
  publish();
  const running = load({ clients: 30 });
  const cut = setInterval(() => {
    const [first, second] = server.gateway.clients;
    if (server.gateway.clients.size < 30 || !first || !second) return;
    clearInterval(cut);
    server.lifecycle.ending = true;
    first.close(1012, '');
    (second.socket as Duplex).destroy();
  }, 20);
  expect(await running).toMatchObject({ ok: false, ends: { 1000: 28, 1006: 1, 1012: 1 } });
  expect(await load({ clients: 4, ramp: 100 })).toMatchObject({ clients: { welcomed: 0 }, ends: { http_503: 4 } });
});

test('stalled clients stop reading, and end as the server ends slow ones', async () => {
  publish('x'.repeat(100_000));
  const result = await load({ clients: 10, stall: 2 });
  expect(result).toMatchObject({ clients: { welcomed: 10 }, ends: { 1000: 8 } });
  const { 1000: _, ...slow } = result.stalledEnds;
  expect(slow).toEqual({ 1008: 2 });
});
