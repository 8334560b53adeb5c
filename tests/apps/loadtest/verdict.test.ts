import type { Envelope } from '@odin/events';
import { describe, expect, it } from 'vitest';
import { Histogram } from '../../../apps/loadtest/histogram.ts';
import { Ledger, type LedgerState } from '../../../apps/loadtest/ledger.ts';
import { judge } from '../../../apps/loadtest/verdict.ts';

const KEY = 'e1 odin.trades 3 BTC';
const gap = (from: number, to: number) => ({
  channel: 'BTC.trade',
  topic: 'odin.trades',
  partition: 3,
  from,
  to,
  epoch: 'e1',
});

/** The log: offset n at n seconds. The client joined at 1 s, so that 2 s is the first it must have. */
const LOG = new Map([[KEY, { offsets: [1, 2, 3, 5, 8], times: [1_000, 2_000, 3_000, 5_000, 8_000] }]]);

const ledger = (offsets: number[], more: Partial<LedgerState> = {}): LedgerState => ({
  id: 1,
  tokens: ['BTC'],
  joinedAt: 1_000,
  leftAt: null,
  offsets: new Map([[KEY, Float64Array.from(offsets)]]),
  gaps: [],
  repeated: 0,
  disordered: 0,
  ...more,
});

describe('what should have come', () => {
  it.each([
    ['all of it', ledger([2, 3, 5]), { expected: 3, lost: 0, told: 0, foreign: 0 }],
    ['events before and after are no fault', ledger([1, 2, 3, 5, 8]), { expected: 3, lost: 0, told: 0, foreign: 0 }],
    ['one missing', ledger([2, 5]), { expected: 3, lost: 1, told: 0, foreign: 0 }],
    ['one missing and told', ledger([2, 5], { gaps: [gap(3, 4)] }), { expected: 3, lost: 0, told: 1, foreign: 0 }],
    ['told the wrong one', ledger([2, 5], { gaps: [gap(4, 4)] }), { expected: 3, lost: 1, told: 0, foreign: 0 }],
    ['nothing at all', ledger([]), { expected: 3, lost: 3, told: 0, foreign: 0 }],
    ['closed at 4 s', ledger([2], { leftAt: 4_000 }), { expected: 2, lost: 1, told: 0, foreign: 0 }],
    ['one that is not in the log', ledger([2, 3, 4, 5]), { expected: 3, lost: 0, told: 0, foreign: 1 }],
    ['never welcomed', ledger([], { joinedAt: 0 }), { expected: 0, lost: 0, told: 0, foreign: 0 }],
  ])('%s', (_, state, expected) => {
    expect(judge([state], LOG, 6_000)).toMatchObject(expected);
  });

  it('says what was lost', () => {
    expect(judge([ledger([2, 5])], LOG, 6_000).examples).toEqual([`client 1 ${KEY} @3`]);
  });
});

it('a ledger counts repeats and what is out of order, a token and a partition at a time', () => {
  const made = new Ledger(1, ['BTC', 'ETH']);
  const event = (token: string, offset: number) =>
    made.take({ epoch: 'e1', topic: 'odin.trades', partition: 3, token, offset } as Envelope);
  for (const offset of [5, 7, 6, 7, 9]) event('BTC', offset);
  event('ETH', 8);
  expect(made.state()).toMatchObject({ repeated: 1, disordered: 1 });
  expect(made.state().offsets.get(KEY)).toEqual(Float64Array.from([5, 7, 9]));
});

it('histograms of several processes add up', () => {
  const one = new Histogram();
  const other = new Histogram();
  for (let ms = 1; ms <= 100; ms += 1) (ms % 2 ? one : other).add(ms);
  one.merge(other);
  expect(one.total).toBe(100);
  expect(one.quantile(0.5)).toBeCloseTo(50, -0.5);
  expect(one.quantile(0.99)).toBeGreaterThan(97);
  expect(one.summary().max).toBe(100);
  expect(new Histogram().quantile(0.5)).toBeNull();
});
