import { expect, test } from 'vitest';
import { Positions } from '../../../apps/kafka/positions.ts';
import { Reader, Writer } from '../../../apps/kafka/wire.ts';

const log = (...ranges: [number, number][]) =>
  new Map(ranges.map(([low, high], partition) => [partition, { low, high }]));

test('the first start is at the end of the log', () => {
  const positions = new Positions();
  expect(positions.fit('t', log([0, 10], [5, 5]))).toEqual([]);
  expect(positions.all()).toEqual([
    { topic: 't', partition: 0, next: 10 },
    { topic: 't', partition: 1, next: 5 },
  ]);
});

test.each<[string, number, [number, number], number, [number, number][]]>([
  ['where it was', 10, [0, 20], 10, []],
  ['retention passed it', 10, [15, 20], 15, [[10, 14]]],
  ['the log lost its end', 10, [0, 7], 7, [[7, 9]]],
])('a later start: %s', (_name, next, range, expected, gaps) => {
  const positions = new Positions();
  positions.set('t', 0, next);
  expect(positions.fit('t', log(range))).toEqual(gaps.map(([from, to]) => ({ topic: 't', partition: 0, from, to })));
  expect(positions.get('t', 0)).toBe(expected);
});

test('a partition that was added, and a topic that was recreated, are read from the beginning', () => {
  const positions = new Positions();
  positions.set('t', 0, 10);
  positions.fit('t', log([0, 10], [0, 3]));
  expect(positions.get('t', 1)).toBe(0);
  positions.restart('t');
  expect(positions.fit('t', log([0, 2], [4, 5]))).toEqual([{ topic: 't', partition: 1, from: 0, to: 3 }]);
  expect(positions.all().map(({ next }) => next)).toEqual([0, 4]);
});

test.each([0, 1, 127, 128, 300, 2 ** 20])('uvarint %i', (value) => {
  const bytes = new Writer().uvarint(value).compactString('é').framed().subarray(4);
  const reader = new Reader(bytes);
  expect([reader.uvarint(), reader.compactString()]).toEqual([value, 'é']);
  expect(() => reader.int32()).toThrow(RangeError);
});
