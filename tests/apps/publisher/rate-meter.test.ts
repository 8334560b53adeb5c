import { expect, test } from 'vitest';
import { RateMeter } from '../../../apps/publisher/rate-meter.ts';

test('the rate is that of the last whole seconds', () => {
  const meter = new RateMeter(10_000);
  for (let at = 10_000; at < 20_000; at += 100) meter.add(5, at);
  expect(meter.perSecond(20_000)).toBe(50);
  // Nothing since: it falls to zero within the window.
  expect([22_000, 24_000, 25_000].map((now) => meter.perSecond(now))).toEqual([30, 10, 0]);
});

test('a rate that changed begins anew', () => {
  const meter = new RateMeter(10_000);
  for (let at = 10_000; at < 13_000; at += 100) meter.add(5, at);
  meter.reset(13_000);
  for (let at = 13_000; at < 14_000; at += 100) meter.add(1, at);
  expect([meter.perSecond(13_500), meter.perSecond(14_000)]).toEqual([0, 10]);
});
