import { describe, expect, it } from 'vitest';
import { clientFrame, FrameReader, OPCODE } from '../../../apps/loadtest/frames.ts';
import { textFrame } from '../../../apps/ws-server/hub/frames.ts';

function reader(keep: boolean) {
  const seen: string[] = [];
  const made = new FrameReader({ frame: (opcode, payload) => void seen.push(`${opcode} ${payload}`) }, keep);
  return { made, seen };
}

const CLOSE = Buffer.from([0x88, 2, 0x03, 0xe8]);
const PING = Buffer.from([0x89, 1, 0x61]);
const STREAM = Buffer.concat([
  textFrame('short'),
  PING,
  textFrame('m'.repeat(300)),
  textFrame(''),
  textFrame('l'.repeat(70_000)),
  CLOSE,
]);

describe.each([1, 2, 3, 7, 64, 1_000, 100_000])('in pieces of %i bytes', (size) => {
  const feed = (made: FrameReader) => {
    for (let at = 0; at < STREAM.length; at += size) made.feed(STREAM, at, Math.min(at + size, STREAM.length));
  };

  it('counts data frames and hands over only control frames', () => {
    const { made, seen } = reader(false);
    feed(made);
    expect(made.frames).toBe(4);
    expect(seen.map((line) => line.split(' ')[0])).toEqual([`${OPCODE.ping}`, `${OPCODE.close}`]);
  });

  it('hands over everything, in order, when told to keep', () => {
    const { made, seen } = reader(true);
    feed(made);
    expect(seen.slice(0, 4)).toEqual(['1 short', '9 a', `1 ${'m'.repeat(300)}`, '1 ']);
    expect(seen[4]).toHaveLength(70_002);
  });
});

it.each([
  ['a mask', Buffer.from([0x81, 0x80, 0, 0, 0, 0])],
  ['reserved bits', Buffer.from([0xc1, 0])],
  ['a fragment', Buffer.from([0x01, 0])],
])('refuses %s of a server', (_, bytes) => {
  expect(() => reader(false).made.feed(bytes, 0, bytes.length)).toThrow();
});

it('frames what a client says, masked', () => {
  expect(clientFrame(OPCODE.pong, Buffer.from('a'))).toEqual(Buffer.from([0x8a, 0x81, 0, 0, 0, 0, 0x61]));
  expect(clientFrame(OPCODE.text, Buffer.alloc(300)).subarray(0, 4)).toEqual(Buffer.from([0x81, 0xfe, 0x01, 0x2c]));
});
