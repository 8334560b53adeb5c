import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { channelName, SUFFIXES, type Suffix } from '@odin/events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FanOut, startFanOut } from '../../support/fan-out.ts';
import { type Listener, listen } from '../../support/listener.ts';
import { until } from '../../support/wait.ts';

let server: FanOut;
beforeEach(async () => {
  server = await startFanOut({ sliceMs: 0 });
});
afterEach(() => server.stop());

const seen = (listener: Listener) => () => ({
  envelopes: listener.envelopes.length,
  last: listener.envelopes.at(-1),
  messages: listener.messages,
});

function offsets(listener: Listener, channel: string): number[] {
  return listener.envelopes.filter((envelope) => envelope.channel === channel).map(({ offset }) => offset);
}

const upTo = (end: number, start = 0) => Array.from({ length: end - start }, (_, index) => start + index);

test('a token in the query is all its channels, with nothing else sent', async () => {
  const listener = await listen(server.address, '?token=BTC');
  for (const suffix of SUFFIXES) server.publish('BTC', suffix);
  server.publish('ETH', 'trade');
  await until('eight events', () => listener.envelopes.length >= 8, { seen: seen(listener) });
  await sleep(50);
  expect(listener.envelopes.map(({ channel }) => channel)).toEqual(SUFFIXES.map((suffix) => `BTC.${suffix}`));
  expect(listener.envelopes[0]).toMatchObject({
    epoch: 'e1',
    token: 'BTC',
    topic: 'odin.trades',
    partition: 10,
    offset: 0,
  });
});

test('`events` narrows the channels', async () => {
  const listener = await listen(server.address, '?token=BTC&events=analytics,trade');
  for (const suffix of SUFFIXES) server.publish('BTC', suffix);
  await until('two events', () => listener.envelopes.length >= 2, { seen: seen(listener) });
  await sleep(50);
  expect(listener.envelopes.map(({ channel }) => channel)).toEqual(['BTC.trade', 'BTC.analytics']);
});

test('subscribe, unsubscribe, heartbeat and refusals are answered', async () => {
  const listener = await listen(server.address);
  listener.send({ type: 'subscribe', data: { channels: ['BTC.trade', 'ETH.social'] } });
  expect((await listener.message('subscribed')).data.channels).toEqual(['BTC.trade', 'ETH.social']);
  server.publish('BTC', 'trade');
  await until('the event', () => listener.envelopes.length === 1, { seen: seen(listener) });
  listener.send({ type: 'unsubscribe', data: { channels: ['BTC.trade'] } });
  expect((await listener.message('unsubscribed')).data.channels).toEqual(['BTC.trade']);
  server.publish('BTC', 'trade');
  listener.send({ type: 'heartbeat' });
  expect((await listener.message('heartbeat')).data.ts).toBeGreaterThan(0);
  listener.send({ type: 'subscribe', data: { channels: ['BTC.trade', 'BTC.nope'] } });
  expect(await listener.message('error')).toMatchObject({ code: 'unknown_channel', channels: ['BTC.nope'] });
  listener.send('{');
  expect(await listener.message('error')).toMatchObject({ code: 'bad_json' });
  server.publish('BTC', 'trade');
  await sleep(50);
  expect(listener.envelopes).toHaveLength(1);
});

test('the probe token reaches only who asks for it alone, and counts in no rate', async () => {
  const [probe, ordinary] = await Promise.all([
    listen(server.address, '?token=_probe'),
    listen(server.address, '?token=BTC'),
  ]);
  ordinary.send({ type: 'subscribe', data: { channels: ['_probe.trade'] } });
  expect(await ordinary.message('error')).toMatchObject({ code: 'unknown_channel' });
  server.publish('_probe', 'trade');
  await until('the probe', () => probe.envelopes.length === 1, { seen: seen(probe) });
  await sleep(50);
  expect(ordinary.envelopes).toHaveLength(0);
  expect(server.stats.messagesSent).toBe(0);
});

test('changing subscriptions in a busy feed loses nothing and keeps the order', async () => {
  const tokens = ['BTC', 'ETH', 'SOL'];
  const listeners = await Promise.all(
    upTo(20).map((index) => listen(server.address, index % 2 ? '?token=BTC,ETH,SOL' : '?token=BTC')),
  );
  let publishing = true;
  const publisher = (async () => {
    while (publishing) {
      for (const token of tokens) for (const suffix of SUFFIXES) server.publish(token, suffix, 'x'.repeat(300));
      await sleep(1);
    }
  })();
  // Everybody keeps BTC.trade; what else they have changes all the time.
  for (let round = 0; round < 20; round += 1) {
    for (const listener of listeners) {
      const pick = (): Suffix => SUFFIXES[1 + Math.floor(Math.random() * (SUFFIXES.length - 1))] ?? 'social';
      const token = tokens[Math.floor(Math.random() * tokens.length)] ?? 'BTC';
      const type = Math.random() < 0.5 ? 'subscribe' : 'unsubscribe';
      listener.send({ type, data: { channels: [channelName(token, pick()), channelName('BTC', pick())] } });
    }
    await sleep(10);
  }
  publishing = false;
  await publisher;
  const end = server.next('BTC', 'trade');
  for (const listener of listeners) {
    await until('the last trade', () => offsets(listener, 'BTC.trade').at(-1) === end - 1, { seen: seen(listener) });
    const trades = offsets(listener, 'BTC.trade');
    // A change of channels may repeat what was not flushed yet, it never skips.
    expect([...new Set(trades)]).toEqual(upTo(end, trades[0]));
    expect(trades[0]).toBeLessThan(20);
  }
});

test('hundreds of clients each get every event once', async () => {
  const listeners = await Promise.all(
    upTo(200).map((index) => listen(server.address, index % 3 ? '?token=BTC' : '?token=BTC,ETH')),
  );
  for (let round = 0; round < 100; round += 1) {
    server.publish('BTC', 'trade', 'x'.repeat(500));
    server.publish('ETH', 'trade');
    if (round % 10 === 0) await sleep(1);
  }
  for (const [index, listener] of listeners.entries()) {
    const expected = index % 3 ? 100 : 200;
    await until(`client ${index}`, () => listener.envelopes.length >= expected, { seen: seen(listener) });
    expect(offsets(listener, 'BTC.trade')).toEqual(upTo(100));
    expect(offsets(listener, 'ETH.trade')).toEqual(index % 3 ? [] : upTo(100));
  }
  expect(server.stats.messagesSent).toBe(133 * 100 + 67 * 200);
});

test('a client that asks too often is closed with 1008, one that sends too much with 1009', async () => {
  const [often, much] = await Promise.all([listen(server.address), listen(server.address)]);
  for (let message = 0; message < 60; message += 1) often.send({ type: 'heartbeat' });
  much.send('x'.repeat(5_000));
  expect(await until('close', () => often.closed)).toMatchObject({ code: 1008 });
  expect(await until('close', () => much.closed)).toMatchObject({ code: 1009 });
  await until('they are gone', () => server.stats.connections === 0, { seen: () => server.stats });
});

/** The answer to an upgrade that is refused. */
async function refusal(path: string): Promise<IncomingMessage> {
  const [host, port] = server.address.split(':');
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const asked = request({ host, port, path, headers }).end();
  const [response] = await once(asked, 'response');
  response.resume();
  return response;
}

test('upgrades are refused with a status and a reason', async () => {
  expect((await refusal('/other')).statusCode).toBe(404);
  expect((await refusal('/ws?token=B.C')).statusCode).toBe(400);
  server.lifecycle.ending = true;
  const draining = await refusal('/ws?token=BTC');
  expect([draining.statusCode, draining.headers['retry-after']]).toEqual([503, '2']);
  expect(server.stats.refused).toMatchObject({ bad_path: 1, bad_query: 1, ending: 1 });
});
