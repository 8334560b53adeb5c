import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { FeedClient, type FeedState } from '@odin/client';
import type { Envelope } from '@odin/events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { backoffMs, restartHintMs } from '../../../apps/client/backoff.ts';
import { Repeats } from '../../../apps/client/repeats.ts';
import { until } from '../../support/wait.ts';

const envelope = (offset: number, epoch = 'e1', channel = 'BTC.trade'): Envelope => ({
  epoch,
  channel,
  token: 'BTC',
  topic: 'odin.trades',
  partition: 3,
  offset,
  ts: 1,
  event: { type: 'TRADE_EXECUTED', token: 'BTC', timestamp: 1, data: {} },
});

describe('backoff', () => {
  test.each([
    [0, 500],
    [1, 1_000],
    [3, 4_000],
    [6, 30_000],
    [1_000, 30_000],
  ])('attempt %i waits below %i ms', (attempt, bound) => {
    expect(backoffMs(attempt, () => 0)).toBe(0);
    expect(backoffMs(attempt, () => 0.999_999)).toBeGreaterThan(bound * 0.99);
    expect(backoffMs(attempt, () => 0.999_999)).toBeLessThan(bound);
  });

  test.each<[number, string, number | undefined]>([
    [1012, '{"retryMs":250}', 250],
    [1012, '{"retryMs":0}', 0],
    [1012, '{"retryMs":999999999}', 30_000],
    [1012, '{"retryMs":-1}', undefined],
    [1012, '{"retryMs":"5"}', undefined],
    [1012, 'restart', undefined],
    [1012, '', undefined],
    [1001, '{"retryMs":250}', undefined],
  ])('the hint of a close %i %s', (code, reason, ms) => {
    expect(restartHintMs(code, reason)).toBe(ms);
  });
});

test('repeats are judged by channel, within one epoch', () => {
  const repeats = new Repeats();
  const judged = [
    envelope(5),
    envelope(5),
    envelope(4),
    envelope(6),
    envelope(4, 'e1', 'ETH.trade'),
    envelope(0, 'e2'),
    envelope(0, 'e2'),
  ].map((one) => repeats.isRepeat(one));
  expect(judged).toEqual([false, true, true, false, false, false, true]);
});

describe('a connection', () => {
  let server: WebSocketServer;
  let sockets: { socket: WebSocket; url: string; messages: string[] }[];
  let feed: FeedClient | undefined;

  beforeEach(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    sockets = [];
    server.on('connection', (socket, { url = '' }) => {
      const messages: string[] = [];
      sockets.push({ socket, url, messages });
      socket.on('message', (data) => messages.push(String(data)));
      const data = { instance: 'i', release: 'r', epoch: 'e1', channels: url.includes('token') ? ['BTC.trade'] : [] };
      socket.send(JSON.stringify({ type: 'welcome', data }));
    });
    await once(server, 'listening');
  });
  afterEach(async () => {
    feed?.close();
    for (const { socket } of sockets) socket.terminate();
    server.close();
  });

  const connect = (options: ConstructorParameters<typeof FeedClient>[1]) => {
    feed = new FeedClient(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`, options);
    const states: FeedState[] = [];
    const events: number[] = [];
    const repeats: number[] = [];
    feed.on('state', (state) => states.push(state));
    feed.on('event', ({ offset }) => events.push(offset));
    feed.on('repeat', ({ offset }) => repeats.push(offset));
    return { feed, states, events, repeats };
  };
  const connected = (count: number) =>
    until(`${count} connections`, () => sockets[count - 1], { seen: () => sockets.length });

  test('connects again after a restart, as late as the server asked, and drops what it had', async () => {
    const { states, events, repeats } = connect({ tokens: ['BTC'], events: ['trade'] });
    const first = await connected(1);
    expect(first.url).toBe('/ws?token=BTC&events=trade');
    for (const offset of [1, 2, 3]) first.socket.send(JSON.stringify(envelope(offset)));
    await until('three events', () => events.length === 3, { seen: () => events });
    const closedAt = Date.now();
    first.socket.close(1012, '{"retryMs":200}');
    const second = await connected(2);
    expect(Date.now() - closedAt).toBeGreaterThanOrEqual(195);
    for (const offset of [2, 3, 4]) second.socket.send(JSON.stringify(envelope(offset)));
    await until('the fourth', () => events.includes(4), { seen: () => events });
    expect(events).toEqual([1, 2, 3, 4]);
    expect(repeats).toEqual([2, 3]);
    expect(states.map(({ name }) => name)).toEqual(['connecting', 'open', 'waiting', 'connecting', 'open']);
    expect(states[2]).toEqual({ name: 'waiting', ms: 200, code: 1012 });
  });

  test('keeps changed subscriptions over a reconnect', async () => {
    const { feed: client } = connect({ tokens: ['BTC'] });
    const first = await connected(1);
    await until('the welcome', () => client.channels.length === 1, { seen: () => client.channels });
    client.subscribe(['ETH.trade', 'SOL.trade']);
    client.unsubscribe(['SOL.trade', 'BTC.trade']);
    await until('both messages', () => first.messages.length === 2, { seen: () => first.messages });
    first.socket.close(1012, '{"retryMs":0}');
    const second = await connected(2);
    await until('asked again', () => second.messages.length === 2, { seen: () => second.messages });
    expect(second.url).toBe('/ws?token=BTC');
    expect(second.messages.map((message) => JSON.parse(message))).toEqual([
      { type: 'subscribe', data: { channels: ['ETH.trade'] } },
      { type: 'unsubscribe', data: { channels: ['SOL.trade', 'BTC.trade'] } },
    ]);
  });

  test('stays closed when told', async () => {
    const { feed: client, states } = connect({});
    await connected(1);
    await until('open', () => states.at(-1)?.name === 'open', { seen: () => states });
    client.close();
    expect(states.at(-1)).toEqual({ name: 'closed' });
    await once(sockets[0]?.socket ?? server, 'close');
    expect(sockets).toHaveLength(1);
  });
});
