import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TailHealth } from '@odin/kafka';
import { silent } from '@odin/runtime';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Ask, Feed, FeedEvent, Reply, Slice } from '../../../apps/ws-server/feed/feed.ts';
import { FeedClient } from '../../../apps/ws-server/feed/feed-client.ts';
import { FeedServer } from '../../../apps/ws-server/feed/feed-server.ts';
import { HubSink } from '../../../apps/ws-server/feed/hub-sink.ts';
import { Decoder, encode, type FeedMessage } from '../../../apps/ws-server/feed/messages.ts';
import { type FanOut, startFanOut } from '../../support/fan-out.ts';
import { type Listener, listen } from '../../support/listener.ts';
import { until } from '../../support/wait.ts';

const HEALTHY: TailHealth = {
  healthy: true,
  epoch: 'e1',
  assigned: 96,
  partitions: 96,
  fetchedMsAgo: 1,
  lag: 0,
  recoveries: 0,
};

const event = (offset: number, size = 10): FeedEvent => {
  const value = Buffer.from(`{"n":"${'x'.repeat(size)}"}`);
  return { token: 'BTC', offset, timestamp: 1_700_000_000_000 + offset, value };
};

/** Topic 0 has BTC in partition 10. */
const slice = (first: number, next: number): Slice => ({
  topic: 0,
  partition: 10,
  first,
  next,
  events: Array.from({ length: next - first }, (_, index) => event(first + index)),
});

const startAt = (next: number) => [{ topic: 0, partition: 10, next }];

describe('frames', () => {
  const messages: [FeedMessage, FeedEvent[]][] = [
    [{ type: 'epoch', epoch: 'e1' }, []],
    [{ type: 'slice', topic: 3, partition: 11, first: 5, next: 9 }, [event(5, 0), event(6, 100_000), event(2 ** 40)]],
    [{ type: 'failed', id: 7, reason: 'ä'.repeat(300) }, []],
    [{ type: 'slice', topic: 0, partition: 0, first: 1, next: 2 }, []],
  ];
  const bytes = Buffer.concat(messages.map(([message, events]) => encode(message, events)));

  test.each([1, 2, 3, 5, 7, 64, 1_000, 65_536, bytes.length])('come whole out of pieces of %i bytes', (size) => {
    const heard: [FeedMessage, FeedEvent[]][] = [];
    const decoder = new Decoder((message, events) => heard.push([message, events]));
    for (let at = 0; at < bytes.length; at += size) decoder.push(bytes.subarray(at, at + size));
    expect(heard).toEqual(messages);
  });
});

describe('between processes', () => {
  let folder: string;
  let path: string;
  let server: FeedServer;
  let read: (ask: Ask) => Promise<Reply>;
  let health: TailHealth;
  const sides: { fanOut: FanOut; client: FeedClient }[] = [];

  const feed: Feed = { health: () => health, read: (ask) => read(ask) };
  const serve = async () => {
    server = new FeedServer(feed, silent);
    await server.listen(path);
  };
  /** One process that serves clients, with one of them. */
  const join1 = async () => {
    const fanOut = await startFanOut();
    fanOut.hub.restart('');
    const client = new FeedClient(path);
    client.start(new HubSink(fanOut.hub, fanOut.stats));
    sides.push({ fanOut, client });
    await until('connected', () => client.health().healthy);
    return { fanOut, client };
  };
  const offsets = ({ envelopes }: Listener) => envelopes.map(({ offset }) => offset);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'odin-feed-test-'));
    path = join(folder, 'feed.sock');
    health = HEALTHY;
    await serve();
  });
  afterEach(async () => {
    server.stop();
    for (const { client, fanOut } of sides.splice(0)) {
      await client.stop();
      await fanOut.stop();
    }
    await rm(folder, { recursive: true, force: true });
  });

  test('everybody gets everything in order, and who comes later begins where the others are', async () => {
    const first = await join1();
    server.epoch('e1');
    server.start(startAt(5));
    server.slice(slice(5, 8));
    const early = await listen(first.fanOut.address, '?token=BTC');
    const second = await join1();
    await until('it is known', () => second.fanOut.hub.position.get(0, 10) === 8);
    const late = await listen(second.fanOut.address, '?token=BTC');
    for (const from of [8, 9, 10]) server.slice(slice(from, from + 1));
    for (const listener of [early, late]) {
      await until('all', () => offsets(listener).at(-1) === 10, { seen: () => listener.messages });
      expect(offsets(listener)).toEqual([8, 9, 10]);
      expect(listener.envelopes[0]).toMatchObject({ epoch: 'e1', token: 'BTC', partition: 10, ts: 1_700_000_000_008 });
      expect(listener.messages.map(({ type }) => type)).toEqual(['welcome']);
    }
  });

  test('a reader that takes over begins where the last listener was: no repeat, no gap', async () => {
    const ahead = await join1();
    server.epoch('e1');
    server.start(startAt(0));
    server.slice(slice(0, 4));
    const listener = await listen(ahead.fanOut.address, '?token=BTC');
    await until('it is known', () => ahead.fanOut.hub.position.get(0, 10) === 4);
    server.stop();
    await until('it is away', () => !ahead.client.health().healthy);
    await serve();
    server.epoch('e1');
    server.rejoin(startAt(2));
    await until('it is back', () => ahead.client.health().healthy);
    server.slice(slice(2, 6));
    server.slice(slice(6, 7));
    await until('the last', () => offsets(listener).at(-1) === 6, { seen: () => listener.messages });
    expect(offsets(listener)).toEqual([4, 5, 6]);
    expect(listener.messages.map(({ type }) => type)).toEqual(['welcome']);
  });

  test('the reader of Kafka waits for a process that reads, and not for one that does not', async () => {
    const megabyte = { ...slice(0, 1), events: [event(0, 1_000_000)] };
    const told = () => {
      for (let count = 0; count < 12; count += 1) server.slice(megabyte);
    };
    const socket = connect(path);
    await once(socket, 'readable');
    let bytes = 0;
    told();
    let waiting = true;
    const room = server.room().then(() => {
      waiting = false;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(waiting).toBe(true);
    socket.on('data', (piece) => {
      bytes += piece.length;
    });
    await room;
    expect(bytes).toBeGreaterThan(7_000_000);
    socket.pause();
    told();
    await server.room();
    expect(bytes).toBeLessThan(20_000_000);
    socket.resume();
    await until('everything came', () => bytes > 24_000_000);
    socket.destroy();
  });

  test('within one process the reader of Kafka waits until a backlog was written', async () => {
    const fanOut = await startFanOut();
    const sink = new HubSink(fanOut.hub, fanOut.stats);
    try {
      const listener = await listen(fanOut.address, '?token=BTC');
      sink.slice(slice(0, 10));
      await sink.room();
      expect(fanOut.hub.settled).toBe(false);
      sink.slice({ ...slice(10, 30), events: Array.from({ length: 20 }, (_, index) => event(10 + index, 100_000)) });
      await sink.room();
      expect(fanOut.hub.settled).toBe(true);
      expect(fanOut.stats.messagesSent).toBe(30);
      await until('all', () => offsets(listener).at(-1) === 29, { seen: () => offsets(listener) });
    } finally {
      await fanOut.stop();
    }
  });

  test('what was told while a process was away is a gap for its clients, with its bounds', async () => {
    const { fanOut, client } = await join1();
    server.epoch('e1');
    server.start(startAt(0));
    server.slice(slice(0, 3));
    await until('it is known', () => fanOut.hub.position.get(0, 10) === 3);
    const listener = await listen(fanOut.address, '?token=BTC');
    server.stop();
    await until('it is away', () => !client.health().healthy);
    server = new FeedServer(feed, silent);
    server.epoch('e1');
    server.start(startAt(0));
    server.slice(slice(0, 9));
    await server.listen(path);
    const { data } = await listener.message('gap');
    expect(data).toMatchObject({ reason: 'log', epoch: 'e1', ranges: [{ channel: 'BTC.trade', from: 3, to: 8 }] });
    server.slice(slice(9, 10));
    await until('live', () => offsets(listener).length === 1);
    expect(offsets(listener)).toEqual([9]);
  });

  test('another epoch is told', async () => {
    const { fanOut } = await join1();
    server.epoch('e1');
    server.start(startAt(7));
    await until('it is known', () => fanOut.hub.position.get(0, 10) === 7);
    const listener = await listen(fanOut.address, '?token=BTC');
    server.epoch('e2');
    server.start(startAt(0));
    server.slice(slice(0, 1));
    expect((await listener.message('gap')).data).toMatchObject({ reason: 'epoch', epoch: 'e2' });
    await until('live', () => offsets(listener).length === 1);
  });

  test('health is that of Kafka, and unknown without the other side', async () => {
    const { client } = await join1();
    health = { ...HEALTHY, healthy: false, reason: 'no fetch was answered' };
    await until('ill', () => !client.health().healthy);
    expect(client.health()).toEqual(health);
    server.stop();
    await until('unknown', () => client.health().reason !== health.reason);
    expect(client.health()).toMatchObject({ healthy: false, assigned: 0, epoch: 'e1' });
  });

  test('questions are answered one by one, also with an error, and fail when nobody is there', async () => {
    const { client } = await join1();
    const ask = (from: number) => ({ topic: 'odin.trades', partition: 10, token: 'BTC', from, to: 9 });
    read = async ({ from }) => {
      if (from === 1) throw new Error('too many clients are resuming');
      return { events: [event(from, 70_000), event(from + 1)], next: from + 2, lostBefore: 3 };
    };
    const [two, one, five] = await Promise.allSettled([2, 1, 5].map((from) => client.read(ask(from))));
    expect(two).toMatchObject({ value: { next: 4, lostBefore: 3, events: [event(2, 70_000), event(3)] } });
    expect(one).toMatchObject({ reason: { message: 'too many clients are resuming' } });
    expect(five).toMatchObject({ value: { next: 7 } });
    read = () => new Promise(() => undefined);
    const unanswered = client.read(ask(0));
    server.stop();
    await expect(unanswered).rejects.toThrow('does not answer');
    await expect(client.read(ask(0))).rejects.toThrow('does not answer');
  });
});
