import { CURSOR_MAX_LENGTH, formatCursor, parseCursor, parseFeedQuery, TOPICS } from '@odin/events';
import { expect, test } from 'vitest';

test('a cursor is written and read', () => {
  const text = '3fa9c01b77de-trade.1042.7.0-social.5..2';
  const cursor = parseCursor(text);
  expect(cursor?.epoch).toBe('3fa9c01b77de');
  expect([...(cursor?.next ?? [])]).toEqual([
    ['trade', [1042, 7, 0]],
    ['social', [5, undefined, 2]],
  ]);
  expect(cursor && formatCursor(cursor)).toBe(text);
  expect(encodeURIComponent(text)).toBe(text);
});

test('the largest cursor fits', () => {
  const next = new Map(TOPICS.map(({ suffix, partitions }) => [suffix, new Array(partitions).fill(1e15)]));
  const text = formatCursor({ epoch: 'a'.repeat(12), next });
  expect(text.length).toBeLessThanOrEqual(CURSOR_MAX_LENGTH);
  expect(parseCursor(text)?.next).toEqual(next);
});

test.each([
  '',
  '-',
  'e1-',
  'e1-nope.1',
  'e1-trade',
  'e1-trade.x',
  'e1-trade.-1',
  'e1-trade.1-trade.2',
  'e1-trade.99999999999999999',
  'e 1',
  `e1-trade.${'1.'.repeat(2_000)}`,
  null,
  7,
])('%j is none', (text) => {
  expect(parseCursor(text)).toBeUndefined();
});

test('in the query', () => {
  const query = (cursor: string) => parseFeedQuery(new URLSearchParams({ token: 'BTC', cursor }));
  expect(query('e1-trade.1')).toMatchObject({ ok: true, message: { cursor: { epoch: 'e1' } } });
  expect(query('%')).toMatchObject({ ok: false, code: 'bad_cursor' });
});
