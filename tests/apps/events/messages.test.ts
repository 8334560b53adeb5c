import { parseClientMessage, parseFeedQuery, SUFFIXES } from '@odin/events';
import { describe, expect, test } from 'vitest';

describe('client messages', () => {
  const subscribe = (channels: unknown) => JSON.stringify({ type: 'subscribe', data: { channels } });
  test.each([
    ['{"type":"heartbeat"}', { type: 'heartbeat' }],
    [subscribe(['BTC.trade']), { type: 'subscribe', channels: ['BTC.trade'] }],
    [subscribe(['BTC.trade', 'BTC.trade']), { type: 'subscribe', channels: ['BTC.trade'] }],
    ['{"type":"unsubscribe","data":{"channels":["a-1.social"]}}', { type: 'unsubscribe', channels: ['a-1.social'] }],
  ])('%s is understood', (text, message) => {
    expect(parseClientMessage(text)).toEqual({ ok: true, message });
  });

  test.each([
    ['', 'bad_json'],
    ['{', 'bad_json'],
    ['null', 'bad_message'],
    ['[]', 'bad_message'],
    ['"subscribe"', 'bad_message'],
    ['{}', 'bad_message'],
    ['{"type":7}', 'unknown_type'],
    ['{"type":"resubscribe"}', 'unknown_type'],
    ['{"type":"__proto__"}', 'unknown_type'],
    ['{"type":"subscribe"}', 'bad_message'],
    ['{"type":"subscribe","data":null}', 'bad_message'],
    [subscribe([]), 'bad_message'],
    [subscribe('BTC.trade'), 'bad_message'],
    [subscribe([1]), 'bad_message'],
    [subscribe(['BTC.nope']), 'unknown_channel'],
    [subscribe(['BTC.trade', 'BTC']), 'unknown_channel'],
    [subscribe(['_probe.trade']), 'unknown_channel'],
    [subscribe(Array.from({ length: 101 }, (_, index) => `T${index}.trade`)), 'too_many_channels'],
  ])('%s is refused', (text, code) => {
    expect(parseClientMessage(text)).toMatchObject({ ok: false, code });
  });
});

describe('the query of /ws', () => {
  test.each([
    ['', [], SUFFIXES],
    ['token=BTC', ['BTC'], SUFFIXES],
    ['token=BTC,ETH', ['BTC', 'ETH'], SUFFIXES],
    ['token=BTC&token=ETH', ['BTC', 'ETH'], SUFFIXES],
    ['token=BTC,BTC,', ['BTC'], SUFFIXES],
    ['token=BTC&events=trade,analytics', ['BTC'], ['trade', 'analytics']],
    ['token=_probe', ['_probe'], SUFFIXES],
    ['token=BTC&other=1', ['BTC'], SUFFIXES],
  ])('"%s"', (query, tokens, suffixes) => {
    expect(parseFeedQuery(new URLSearchParams(query))).toEqual({ ok: true, message: { tokens, suffixes } });
  });

  test.each([
    ['token=B.C', 'bad_query'],
    ['token=BTC,_probe', 'bad_query'],
    ['token=_other', 'bad_query'],
    ['token=BTC&events=trades', 'unknown_channel'],
    [`token=${Array.from({ length: 101 }, (_, index) => `T${index}`).join(',')}`, 'too_many_channels'],
  ])('"%s" is refused', (query, code) => {
    expect(parseFeedQuery(new URLSearchParams(query))).toMatchObject({ ok: false, code });
  });
});
