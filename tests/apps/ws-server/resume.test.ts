import { type Cursor, formatCursor, parseCursor } from '@odin/events';
import { afterEach, expect, test } from 'vitest';
import type { Ask } from '../../../apps/ws-server/feed/feed.ts';
import { tellEpoch, tellLogGaps } from '../../../apps/ws-server/hub/notices.ts';
import { type FanOut, type FanOutOptions, startFanOut } from '../../support/fan-out.ts';
import { type Listener, listen } from '../../support/listener.ts';
import { until } from '../../support/wait.ts';

let server: FanOut;
const start = async (options: FanOutOptions = {}) => {
  server = await startFanOut({ sliceMs: 0, ...options });
};
afterEach(() => server.stop());

const upTo = (end: number, start = 0) => Array.from({ length: end - start }, (_, index) => start + index);
const offsets = (listener: Listener, channel = 'BTC.trade') =>
  listener.envelopes.filter((envelope) => envelope.channel === channel).map(({ offset }) => offset);

/** The position that the server states to a client of its own. */
async function cursor(): Promise<string> {
  const asking = await listen(server.address);
  asking.close();
  const { data } = asking.messages.find(({ type }) => type === 'welcome') as { data: { cursor: string } };
  return data.cursor;
}

function moved(text: string, change: Partial<Cursor>): string {
  const parsed = parseCursor(text);
  return formatCursor({ ...(parsed as Cursor), ...change });
}

test('a cursor resumes where it was taken, in order, without a gap or a repeat, while events keep coming', async () => {
  await start();
  for (const _ of upTo(10)) server.publish('BTC', 'trade');
  const from = await cursor();
  for (const _ of upTo(2_000)) server.publish('BTC', 'trade', 'x'.repeat(200));
  const listener = await listen(server.address, `?token=BTC&cursor=${from}`);
  for (const _ of upTo(500)) server.publish('BTC', 'trade');
  const resumed = await listener.message('resumed');
  expect(resumed.data.channels).toContain('BTC.trade');
  for (const _ of upTo(500)) server.publish('BTC', 'trade');
  await until('all', () => offsets(listener).length >= 3_000, { seen: () => offsets(listener).length });
  expect(offsets(listener)).toEqual(upTo(3_010, 10));
  expect(server.stats.resumes).toMatchObject({ memory: 1, log: 0 });
  expect(listener.messages.some(({ type }) => type === 'gap')).toBe(false);
});

test('events of all topics of a token are replayed in the order they came', async () => {
  await start();
  const from = await cursor();
  for (const suffix of ['trade', 'social', 'trade', 'analytics', 'social'] as const) server.publish('BTC', suffix);
  const listener = await listen(server.address, `?token=BTC&cursor=${from}`);
  await until('five', () => listener.envelopes.length === 5, { seen: () => listener.envelopes });
  const channels = listener.envelopes.map(({ channel, offset }) => `${channel}:${offset}`);
  expect(channels).toEqual(['BTC.trade:0', 'BTC.social:0', 'BTC.trade:1', 'BTC.analytics:0', 'BTC.social:1']);
});

test('`resume` by message repeats what is asked for, and only that', async () => {
  await start();
  const listener = await listen(server.address, '?token=BTC');
  const from = await cursor();
  for (const _ of upTo(3)) server.publish('BTC', 'trade');
  server.publish('ETH', 'trade');
  await until('three', () => offsets(listener).length === 3);
  listener.send({ type: 'resume', data: { cursor: from, channels: ['BTC.trade', 'ETH.trade'] } });
  listener.send({ type: 'unsubscribe', data: { channels: ['BTC.trade'] } });
  expect((await listener.message('resumed')).data.channels).toEqual(['BTC.trade', 'ETH.trade']);
  // What is asked for during a resume is done after it.
  await listener.message('unsubscribed');
  expect(offsets(listener)).toEqual([0, 1, 2, 0, 1, 2]);
  expect(offsets(listener, 'ETH.trade')).toEqual([0]);
  server.publish('BTC', 'trade');
  server.publish('BTC', 'social');
  await until('the other channels stayed', () => offsets(listener, 'BTC.social').length === 1);
  expect(offsets(listener)).toHaveLength(6);
});

test('another epoch, and an offset past the end of the log, are told as a gap; then it is live', async () => {
  const asks: Ask[] = [];
  const feed = {
    read: async (ask: Ask) => {
      asks.push(ask);
      return { events: [], next: ask.from, pastEnd: true } as const;
    },
  };
  await start({ feed });
  for (const _ of upTo(5)) server.publish('BTC', 'trade');
  const old = moved(await cursor(), { epoch: 'other' });
  const ahead = moved(await cursor(), { next: new Map([['trade', new Array(12).fill(99)]]) });
  for (const text of [old, ahead]) {
    const listener = await listen(server.address, `?token=BTC&events=trade&cursor=${text}`);
    const { data } = await listener.message('gap');
    const range = { channel: 'BTC.trade', topic: 'odin.trades', partition: 10, from: 0 };
    expect(data).toEqual({ reason: 'epoch', epoch: 'e1', ranges: [{ ...range, to: server.next('BTC', 'trade') - 1 }] });
    await listener.message('resumed');
    server.publish('BTC', 'trade');
    await until('live', () => offsets(listener).length === 1, { seen: () => listener.envelopes });
    listener.close();
  }
  expect(asks).toEqual([{ topic: 'odin.trades', partition: 10, token: 'BTC', from: 99, to: 99 }]);
});

test('what memory no longer holds is asked of the log, and what that lost is told', async () => {
  const asks: Ask[] = [];
  const feed = {
    read: async (ask: Ask) => {
      asks.push(ask);
      return { events: [], next: ask.to, lostBefore: 7 };
    },
  };
  await start({ feed, history: { bytes: 2 * 1024 * 1024 } });
  const from = await cursor();
  for (const _ of upTo(20_000)) server.publish('BTC', 'trade', 'x'.repeat(100));
  const listener = await listen(server.address, `?token=BTC&events=trade&cursor=${from}`);
  expect((await listener.message('gap')).data).toMatchObject({ reason: 'retention', ranges: [{ from: 0, to: 6 }] });
  await listener.message('resumed');
  expect(asks).toEqual([{ topic: 'odin.trades', partition: 10, token: 'BTC', from: 0, to: 20_000 }]);
  expect(server.hub.history.bytes).toBeLessThan(3 * 1024 * 1024);
});

test('when the log cannot be read the client is sent elsewhere with 1013', async () => {
  await start({ history: { bytes: 0 } });
  const from = await cursor();
  server.publish('BTC', 'trade');
  const listener = await listen(server.address, `?token=BTC&cursor=${from}`);
  expect(await until('the close', () => listener.closed)).toMatchObject({ code: 1013 });
  await until('it is gone', () => server.stats.connections === 0);
  expect(server.hub.tokens).toBe(0);
});

test('a heartbeat answers with a cursor, up to which everything was sent', async () => {
  await start();
  const listener = await listen(server.address, '?token=BTC');
  for (const _ of upTo(50)) server.publish('BTC', 'trade');
  await until('all', () => offsets(listener).length === 50);
  listener.send({ type: 'heartbeat' });
  const { data } = await listener.message('heartbeat');
  const next = parseCursor(data.cursor)?.next.get('trade')?.[10] ?? 0;
  expect(next).toBe(50);
});

test('records that the log lost are told to whoever has their channel, in order, and to nobody else', async () => {
  await start();
  const [btc, eth] = await Promise.all([
    listen(server.address, '?token=BTC'),
    listen(server.address, '?token=ETH&events=trade'),
  ]);
  server.publish('BTC', 'trade');
  const told = tellLogGaps(server.hub, [
    { topic: 'odin.trades', partition: 10, from: 1, to: 5 },
    { topic: 'odin.trades', partition: 11, from: 1, to: 5 },
  ]);
  expect(told).toBe(1);
  const gap = await btc.message('gap');
  const ranges = [{ channel: 'BTC.trade', topic: 'odin.trades', partition: 10, from: 1, to: 5 }];
  expect(gap.data).toEqual({ reason: 'log', epoch: 'e1', ranges });
  expect(offsets(btc)).toEqual([0]);
  eth.send({ type: 'heartbeat' });
  await eth.message('heartbeat');
  expect(eth.messages.some(({ type }) => type === 'gap')).toBe(false);
});

test('an epoch that changes under a client is told', async () => {
  await start();
  const listener = await listen(server.address, '?token=BTC');
  const from = await cursor();
  server.begin('e2');
  expect(tellEpoch(server.hub, 'e2')).toBe(1);
  expect((await listener.message('gap')).data).toEqual({ reason: 'epoch', epoch: 'e2', ranges: [] });
  server.publish('BTC', 'trade');
  await until('an event', () => listener.envelopes.length === 1);
  expect(listener.envelopes[0]?.epoch).toBe('e2');
  const late = await listen(server.address, `?token=BTC&cursor=${from}`);
  expect((await late.message('gap')).data).toMatchObject({ reason: 'epoch', epoch: 'e2' });
});
