/** The client against the real fan-out: whatever happens to its connection, it sees every event once. */

import { setTimeout as sleep } from 'node:timers/promises';
import { FeedClient, type FeedEvents } from '@odin/client';
import { CLOSE } from '@odin/events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Progress } from '../../../apps/client/progress.ts';
import { type FanOut, startFanOut } from '../../support/fan-out.ts';
import { until } from '../../support/wait.ts';

describe('progress', () => {
  const event = (channel: string, offset: number, epoch = 'e1') =>
    ({ epoch, channel, partition: 1, offset }) as FeedEvents['event'];

  test('one token: the stated cursor and what came since', () => {
    const progress = new Progress();
    expect(progress.cursor(true)).toBeUndefined();
    progress.state('e1-trade.5.6-social..');
    progress.event(event('BTC.trade', 9));
    progress.event(event('BTC.social', 9));
    progress.event(event('BTC.trade', 3, 'e0'));
    expect(progress.cursor(true)).toBe('e1-trade.5.10-social..');
    progress.state('e1-trade.5.8-social.1.2');
    expect(progress.cursor(true)).toBe('e1-trade.5.10-social.1.10');
    progress.state('e2-trade.0.0');
    expect(progress.cursor(true)).toBe('e2-trade.0.0');
  });

  test('several tokens: only what was stated', () => {
    const progress = new Progress();
    progress.state('e1-trade.5.6');
    progress.event(event('BTC.trade', 9));
    expect(progress.cursor(false)).toBe('e1-trade.5.6');
  });
});

describe('a client', () => {
  let server: FanOut;
  const feeds: FeedClient[] = [];
  let publishing = false;
  beforeEach(async () => {
    server = await startFanOut({ sliceMs: 0 });
  });
  afterEach(async () => {
    publishing = false;
    for (const feed of feeds.splice(0)) feed.close();
    await server.stop();
  });

  const connect = (options: ConstructorParameters<typeof FeedClient>[1]) => {
    const feed = new FeedClient(`ws://${server.address}/ws`, options);
    feeds.push(feed);
    const events = new Map<string, number[]>();
    const gaps: FeedEvents['gap'][] = [];
    let connects = 0;
    feed.on('event', ({ channel, offset }) => events.set(channel, [...(events.get(channel) ?? []), offset]));
    feed.on('gap', (gap) => gaps.push(gap));
    feed.on('state', ({ name }) => {
      if (name === 'open') connects += 1;
    });
    return { feed, events, gaps, connects: () => connects };
  };
  const upTo = (end: number, start = 0) => Array.from({ length: end - start }, (_, index) => start + index);

  test.each([
    ['one token', { tokens: ['BTC'] }, [] as string[]],
    ['several tokens', { tokens: ['BTC', 'ETH', 'SOL'] }, []],
    ['channels asked for by message', { tokens: ['BTC'] }, ['ETH.trade', 'SOL.social']],
  ])('of %s misses nothing and sees nothing twice, cut again and again', async (_, options, added) => {
    const client = connect(options);
    if (added.length > 0) client.feed.subscribe(added);
    await until('subscribed', () => client.feed.channels.length >= 8 + added.length, {
      seen: () => client.feed.channels,
    });
    publishing = true;
    const publisher = (async () => {
      while (publishing) {
        for (const token of ['BTC', 'ETH', 'SOL']) {
          server.publish(token, 'trade', 'x'.repeat(100));
          server.publish(token, 'social');
        }
        await sleep(1);
      }
    })();
    for (let round = 1; round <= 8; round += 1) {
      await sleep(20 + Math.random() * 50);
      for (const { ws } of server.gateway.clients) {
        // The backoff grows with each failure without a hint.
        if (round <= 2) ws.terminate();
        else ws.close(CLOSE.serviceRestart, JSON.stringify({ retryMs: Math.floor(Math.random() * 30) }));
      }
      await until('back', () => client.connects() === round + 1, { seen: client.connects });
    }
    publishing = false;
    await publisher;
    const wanted =
      added.length > 0
        ? ['BTC.trade', 'BTC.social', ...added]
        : options.tokens.flatMap((token) => [`${token}.trade`, `${token}.social`]);
    for (const channel of wanted) {
      const [token = '', suffix = ''] = channel.split('.');
      const end = server.next(token, suffix as 'trade');
      await until(`the end of ${channel}`, () => client.events.get(channel)?.at(-1) === end - 1, {
        seen: () => [channel, end, client.events.get(channel)?.at(-1)],
      });
      expect(client.events.get(channel)).toEqual(upTo(end));
    }
    expect([...client.events.keys()].sort()).toEqual([...wanted].sort());
    expect(client.gaps).toEqual([]);
  });

  test('begins at the cursor of another', async () => {
    const first = connect({ tokens: ['BTC'] });
    await until('open', () => first.feed.cursor);
    server.publish('BTC', 'trade');
    await until('one', () => first.events.size === 1);
    const { cursor } = first.feed;
    first.feed.close();
    server.publish('BTC', 'trade');
    const second = connect({ tokens: ['BTC'], ...(cursor && { cursor }) });
    await until('the next', () => second.events.size === 1);
    expect(second.events.get('BTC.trade')).toEqual([1]);
  });

  test('surfaces the gap of another epoch', async () => {
    const client = connect({ tokens: ['BTC'], cursor: 'old-trade.1' });
    const gap = await until('the gap', () => client.gaps[0]);
    expect(gap).toMatchObject({ reason: 'epoch', epoch: 'e1' });
    server.publish('BTC', 'trade');
    await until('live', () => client.events.size === 1);
  });
});
