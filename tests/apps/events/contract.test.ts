import {
  ENVELOPE_END,
  EVENT_TYPE_NAMES,
  EVENT_TYPES,
  envelopeMiddle,
  envelopePrefix,
  parseChannel,
  recordValue,
  Simulator,
  SUFFIXES,
  TOPICS,
  TOTAL_WEIGHT,
} from '@odin/events';
import { describe, expect, test } from 'vitest';

/** Uniform and repeatable (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test('the topics are the eight of the feed', () => {
  expect(TOPICS.map(({ name, suffix, partitions, retentionMs }) => [name, suffix, partitions, retentionMs])).toEqual([
    ['odin.trades', 'trade', 12, 30_000],
    ['odin.liquidity', 'liquidity', 12, 60_000],
    ['odin.balances', 'balances', 12, 30_000],
    ['odin.metadata', 'metadata', 12, 3_600_000],
    ['odin.social', 'social', 12, 3_600_000],
    ['odin.community', 'community', 12, 300_000],
    ['odin.creation', 'creation', 12, 3_600_000],
    ['odin.analytics', 'analytics', 12, 300_000],
  ]);
});

test('23 event types weigh 102.2', () => {
  expect(EVENT_TYPE_NAMES).toHaveLength(23);
  expect(TOTAL_WEIGHT).toBe(102.2);
});

test('the simulator draws by weight, on the topic of the type', () => {
  const draws = 50_000;
  const simulator = new Simulator(random(1));
  const seen = new Map<string, number>();
  for (let draw = 0; draw < draws; draw += 1) {
    const { topic, event } = simulator.next(['BTC', 'ETH'], 1_700_000_000_000);
    expect(topic).toBe(EVENT_TYPES[event.type as keyof typeof EVENT_TYPES].topic);
    seen.set(event.type, (seen.get(event.type) ?? 0) + 1);
  }
  for (const type of EVENT_TYPE_NAMES) {
    const expected = (draws * EVENT_TYPES[type].weight) / TOTAL_WEIGHT;
    // Five standard deviations of a binomial count.
    expect(Math.abs((seen.get(type) ?? 0) - expected), type).toBeLessThan(5 * Math.sqrt(expected) + 1);
  }
});

test('every event type has data', () => {
  const simulator = new Simulator(random(2));
  const data = new Map<string, Record<string, unknown>>();
  for (let draw = 0; draw < 20_000; draw += 1) {
    const { event } = simulator.next(['BTC'], 1);
    data.set(event.type, event.data);
  }
  expect([...data.keys()].sort()).toEqual([...EVENT_TYPE_NAMES].sort());
  expect(Object.keys(data.get('TRADE_EXECUTED') ?? {})).toEqual(['price', 'amount', 'buyer', 'seller', 'txHash']);
  for (const [type, value] of data) expect(Object.values(value), type).not.toContain(undefined);
});

test('an envelope is its prefix, its offset and time, and the unparsed value', () => {
  const event = { type: 'TRADE_EXECUTED', token: 'BTC', timestamp: 7, data: { price: 1 } } as const;
  const prefix = envelopePrefix({ epoch: 'e1', token: 'BTC', suffix: 'trade', topic: 'odin.trades', partition: 3 });
  expect(JSON.parse(`${prefix}${envelopeMiddle(42, 7)}${recordValue(event)}${ENVELOPE_END}`)).toEqual({
    epoch: 'e1',
    channel: 'BTC.trade',
    token: 'BTC',
    topic: 'odin.trades',
    partition: 3,
    offset: 42,
    ts: 7,
    event,
  });
});

describe('channels', () => {
  test.each(SUFFIXES)('BTC.%s is one', (suffix) => {
    expect(parseChannel(`BTC.${suffix}`)).toEqual({ token: 'BTC', suffix });
  });
  test.each(['BTC', 'BTC.', '.trade', 'BTC.trades', 'BTC.x.trade', '_probe.trade', 'B C.trade', '', 7, null])(
    '%j is none',
    (name) => {
      expect(parseChannel(name)).toBeUndefined();
    },
  );
});
