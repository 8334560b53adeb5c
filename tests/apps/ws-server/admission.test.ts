import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { Pressure } from '../../../apps/ws-server/admission/pressure.ts';
import { Bucket, ConnectionRates, keyOf } from '../../../apps/ws-server/admission/rates.ts';
import { Networks } from '../../../apps/ws-server/proxy/networks.ts';
import { type App, startApp } from '../../support/app.ts';

describe('a bucket', () => {
  const taken = (bucket: Bucket, times: number, now: number) =>
    Array.from({ length: times }, () => bucket.take(now)).filter(Boolean).length;

  test.each([
    // rate, times at 0 ms, allowed; then after so many ms, allowed
    [10, 100, 20, 1_000, 10],
    [10, 5, 5, 100, 16],
    [10, 100, 20, 60_000, 20],
    [1, 100, 2, 500, 0],
    [0, 100, 100, 0, 100],
  ])('of %i a second', (rate, times, allowed, ms, later) => {
    const bucket = new Bucket(rate, 0);
    expect(taken(bucket, times, 0)).toBe(allowed);
    expect(taken(bucket, 100, ms)).toBe(later);
  });
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:0db8:0001:0002:ffff:0:0:1', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
])('%s counts as %s', (address, key) => {
  expect(keyOf(address)).toBe(key);
});

test('an address over its limit takes nothing from the others, and memory is bounded', () => {
  const rates = new ConnectionRates({ perSecond: 50, perAddressPerSecond: 1, exempt: new Networks(['10.0.0.0/8']) }, 0);
  const greedy = Array.from({ length: 1_000 }, () => rates.refusal('192.0.2.1', 0));
  expect(greedy.filter((refusal) => refusal === undefined)).toHaveLength(2);
  expect(rates.refusal('192.0.2.2', 0)).toBeUndefined();
  // 97 of the 100 are left for whoever comes.
  const internal = Array.from({ length: 98 }, () => rates.refusal('10.1.2.3', 0));
  expect(internal.filter((refusal) => refusal === undefined)).toHaveLength(97);
  expect(internal.at(-1)).toBe('rate');
  for (let host = 0; host < 60_000; host += 1)
    rates.refusal(`2001:db8:${(host >> 8).toString(16)}:${(host & 255).toString(16)}::1`, 0);
  expect(rates.remembered).toBe(50_000);
});

test('memory and a late event loop refuse', async () => {
  const full = new Pressure({ memoryPercent: 0, loopDelayMs: 60_000 });
  const late = new Pressure({ memoryPercent: 100, loopDelayMs: 20 });
  const end = Date.now() + 2_500;
  while (Date.now() < end) {
    const until = performance.now() + 100;
    while (performance.now() < until);
    await sleep(1);
  }
  expect([full.refusal(), late.refusal()]).toEqual(['memory', 'loop_delay']);
  full.stop();
  late.stop();
});

describe('a process behind a proxy', () => {
  let app: App;
  afterEach(() => app.kill());
  const env = { KAFKA_BROKERS: '127.0.0.1:1', INTERNAL_CIDRS: '192.0.2.0/24' };

  /** Status of an upgrade, with what stands before and among its headers. */
  const upgrade = (before = '', header = '') =>
    new Promise<string>((resolve, reject) => {
      // The proxy is 127.0.0.2: what starts the app asks without a header.
      const socket = connect({ host: '127.0.0.1', port: app.port, localAddress: before ? '127.0.0.2' : '127.0.0.1' });
      socket.once('error', reject);
      socket.once('data', (data) => {
        resolve(String(data));
        socket.destroy();
      });
      socket.write(
        `${before}GET /ws HTTP/1.1\r\nHost: x\r\n${header}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
      );
    });
  const proxied = (address: string) => `PROXY TCP4 ${address} 127.0.0.1 5000 80\r\n`;
  const statusOf = (answer: string) => Number(answer.slice(9, 12));

  test('the address of the PROXY header counts, from a declared proxy', async () => {
    app = await startApp('ws-server', { ...env, PROXY_FROM: '127.0.0.2', WS_CONNECTS_PER_SECOND_PER_ADDRESS: '1' });
    const first = [];
    for (let times = 0; times < 4; times += 1) first.push(statusOf(await upgrade(proxied('203.0.113.1'))));
    expect(first.slice(0, 2)).toEqual([101, 101]);
    expect(first).toContain(503);
    expect(statusOf(await upgrade(proxied('203.0.113.2')))).toBe(101);
  });

  test('X-Forwarded-For is never believed', async () => {
    app = await startApp('ws-server', { ...env, WS_CONNECTS_PER_SECOND_PER_ADDRESS: '1' });
    const answers = [];
    for (let times = 0; times < 4; times += 1) {
      answers.push(await upgrade('', `X-Forwarded-For: 203.0.113.${times}\r\nForwarded: for=203.0.113.${times}\r\n`));
    }
    const refused = answers.find((answer) => statusOf(answer) === 503) ?? '';
    expect(refused).toMatch(/\r\nRetry-After: \d+\r\n/);
    expect(refused).toMatch(/"error":"address_rate"/);
  });
});
