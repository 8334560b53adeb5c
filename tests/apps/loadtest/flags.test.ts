import { describe, expect, it } from 'vitest';
import { readFlags } from '../../../apps/loadtest/flags.ts';
import { type LoadPlan, shareOf } from '../../../apps/loadtest/plan.ts';
import { isOwn, resolveTarget } from '../../../apps/loadtest/target.ts';

const URL_FLAG = ['--url', 'ws://127.0.0.1:3004/ws'];

describe('flags', () => {
  it.each([
    [[], /--url: missing/],
    [[...URL_FLAG, '--clients', '0'], /--clients: expected a whole number from 1/],
    [[...URL_FLAG, '--clients', '100001'], /--clients/],
    [[...URL_FLAG, '--seconds', '3601'], /--seconds/],
    [[...URL_FLAG, '--ramp', '1e3'], /--ramp/],
    [[...URL_FLAG, '--tokens', 'a.b'], /--tokens/],
    [[...URL_FLAG, '--tokens', 'A', '--tokens-per-client', '2'], /--tokens-per-client/],
    [[...URL_FLAG, '--events', 'trades'], /--events/],
    [[...URL_FLAG, '--clients', '5', '--stall', '6'], /--stall/],
    [[...URL_FLAG, '--client', '5'], /'--client'/],
    [[...URL_FLAG, 'more'], /more/],
    [[...URL_FLAG, '--clients', 'x', '--ramp', 'y'], /--clients.*\n--ramp/],
  ])('%j is refused', (args, message) => {
    expect(() => readFlags(args)).toThrow(message);
  });

  it('has defaults for everything but the target', () => {
    expect(readFlags(URL_FLAG)).toMatchObject({ clients: 100, tokens: ['BTC', 'ETH', 'SOL'], seconds: 30, ramp: 200 });
  });
});

describe('targets', () => {
  it.each(['127.0.0.1', '127.9.9.9', '10.1.2.3', '172.31.0.1', '192.168.1.1', '::1', 'fd00::1', '::ffff:10.0.0.1'])(
    '%s may be loaded',
    (address) => expect(isOwn(address)).toBe(true),
  );
  it.each(['8.8.8.8', '172.32.0.1', '192.169.0.1', '2001:4860:4860::8888', '::ffff:8.8.8.8'])(
    '%s may not, unless its owner says so',
    async (address) => {
      expect(isOwn(address)).toBe(false);
      const url = `ws://${address.includes(':') ? `[${address}]` : address}/ws`;
      await expect(resolveTarget(url, false)).rejects.toThrow('--i-own-this-target');
      await expect(resolveTarget(url, true)).resolves.toMatchObject({ port: 80, loopback: false });
    },
  );
  it.each(['http://127.0.0.1/', 'wss://127.0.0.1/', '127.0.0.1:3004', ''])('%j is no target', async (url) => {
    await expect(resolveTarget(url, true)).rejects.toThrow('--url');
  });
});

describe('a plan', () => {
  const plan: LoadPlan = {
    target: { address: '127.0.0.1', port: 1, host: 'x', path: '/ws', loopback: true },
    query: '',
    clients: 2_000,
    tokens: Array.from({ length: 20 }, (_, index) => `T${index}`),
    tokensPerClient: 1,
    ramp: 1_000,
    every: 20,
    stall: 300,
    workers: 3,
    sources: 4,
  };
  const all = [0, 1, 2].flatMap((worker) => shareOf(plan, worker));

  it('gives each process its share, and nobody twice', () => {
    expect(new Set(all.map(({ id }) => id)).size).toBe(2_000);
    expect([0, 1, 2].map((worker) => shareOf(plan, worker).length)).toEqual([667, 667, 666]);
  });
  it('stalls as many as it was told, none of them checked', () => {
    expect(all.filter(({ stalled }) => stalled)).toHaveLength(300);
    expect(all.filter(({ stalled, checked }) => stalled && checked)).toEqual([]);
  });
  it('checks clients of every token', () => {
    const checked = all.filter((client) => client.checked);
    expect(checked.length).toBeGreaterThan(70);
    expect(new Set(checked.flatMap(({ tokens }) => tokens)).size).toBe(20);
  });
});
