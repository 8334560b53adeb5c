/**
 * The cases of the public Autobahn test suite, families 1 to 5 and 7, as tables. Its servers echo; ours answers: a
 * heartbeat with `heartbeat`, anything else with an error. Where a case sends a message, it is therefore a heartbeat,
 * and padded where its size matters. Family 6 (UTF-8) is in `utf8.ts`.
 */

import { CLIENT_MESSAGE_MAX_BYTES } from '@odin/events';
import { binary, close, type Frame, more, ping, pong, text } from '../../../support/raw-websocket.ts';

/** Name, frames, and what comes back. Unless the server closed, the test closes with 1000 at the end. */
export type Case = readonly [name: string, frames: readonly (Frame | Buffer)[], heard: readonly string[]];

const BEAT = '{"type":"heartbeat"}';
/** A heartbeat of exactly so many bytes. */
const beat = (bytes: number) => `{"type":"heartbeat","pad":"${'*'.repeat(bytes - 29)}"}`;
const OK = 'close 1000';
const PROTOCOL = 'close 1002';
const TOO_BIG = 'close 1009';
const BAD_JSON = 'error bad_json';
const BINARY = 'error bad_message';
const MAX = CLIENT_MESSAGE_MAX_BYTES;
const BYTES = Buffer.from([0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff]);
const hex = (payload: string | Buffer) => `pong ${Buffer.from(payload).toString('hex')}`;

const SIZES: Case[] = [
  ['1.1.1 an empty text', [text('')], [BAD_JSON, OK]],
  ...[125, 126, 127, 128, MAX].map((bytes): Case => [`1.1 a text of ${bytes}`, [text(beat(bytes))], ['heartbeat', OK]]),
  ...[MAX + 1, 65_535, 65_536].map(
    (bytes): Case => [`1.1 a text of ${bytes}: too big`, [text(beat(bytes))], [TOO_BIG]],
  ),
  ...[0, 125, 126, 127, 128, MAX].map(
    (bytes): Case => [`1.2 a binary of ${bytes}: answered`, [binary(Buffer.alloc(bytes, 0xfe))], [BINARY, OK]],
  ),
  ...[MAX + 1, 65_535, 65_536].map(
    (bytes): Case => [`1.2 a binary of ${bytes}: too big`, [binary(Buffer.alloc(bytes, 0xfe))], [TOO_BIG]],
  ),
  ['1 fragments that together are too big', [text(beat(MAX), { final: false }), more('*')], [TOO_BIG]],
  ['1 a length of 2^62, and nothing behind it', [Buffer.from('81ff400000000000000000000000', 'hex')], [TOO_BIG]],
  ['1 a length with its top bit set', [Buffer.from('81ff800000000000000000000000', 'hex')], [TOO_BIG]],
];

const PINGS: Case[] = [
  ['2.1 a ping without payload', [ping()], ['pong', OK]],
  ['2.2 a ping with a text', [ping('Hello, world!')], [hex('Hello, world!'), OK]],
  ['2.3 a ping with any bytes', [ping(BYTES)], [hex(BYTES), OK]],
  ['2.4 a ping of 125', [ping(Buffer.alloc(125, 0xfe))], [hex(Buffer.alloc(125, 0xfe)), OK]],
  ['2.5 a ping of 126', [ping(Buffer.alloc(126, 0xfe))], [PROTOCOL]],
  ['2.7 a pong that nobody asked for', [pong()], [OK]],
  ['2.8 a pong that nobody asked for, with payload', [pong('unsolicited')], [OK]],
  ['2.9 that, then a ping', [pong('unsolicited'), ping('asked')], [hex('asked'), OK]],
  [
    '2.10 ten pings',
    Array.from({ length: 10 }, (_, index) => ping(`payload-${index}`)),
    [...Array.from({ length: 10 }, (_, index) => hex(`payload-${index}`)), OK],
  ],
];

const RESERVED: Case[] = [
  ['3.1 reserved bits 1', [text(BEAT, { rsv: 1 })], [PROTOCOL]],
  ['3.2 a text, then reserved bits 2', [text(BEAT), text(BEAT, { rsv: 2 }), ping()], ['heartbeat', PROTOCOL]],
  ['3.3 a text, then reserved bits 3', [text(BEAT), text(BEAT, { rsv: 3 }), ping()], ['heartbeat', PROTOCOL]],
  ['3.4 a text, then reserved bits 4', [text(BEAT), text(BEAT, { rsv: 4 }), ping()], ['heartbeat', PROTOCOL]],
  ['3.5 a binary with reserved bits 5', [{ ...binary(BYTES), rsv: 5 }], [PROTOCOL]],
  ['3.6 a ping with reserved bits 6', [ping('', { rsv: 6 })], [PROTOCOL]],
  ['3.7 a close with reserved bits 7', [close(1000, '', { rsv: 7 })], [PROTOCOL]],
];

const OPCODES: Case[] = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode): Case[] => [
  [`4 opcode ${opcode}`, [{ opcode }], [PROTOCOL]],
  [`4 opcode ${opcode} with payload`, [{ opcode, payload: 'reserved' }], [PROTOCOL]],
  [`4 a text, then opcode ${opcode}`, [text(BEAT), { opcode, payload: 'reserved' }, ping()], ['heartbeat', PROTOCOL]],
]);

const [A, B] = [BEAT.slice(0, 9), BEAT.slice(9)];
const part = (payload: string) => text(payload, { final: false });

const FRAGMENTS: Case[] = [
  ['5.1 a ping in two fragments', [ping('a', { final: false }), more('b')], [PROTOCOL]],
  ['5.2 a pong in two fragments', [{ ...pong('a'), final: false }, more('b')], [PROTOCOL]],
  ['5.3 a text in two fragments', [part(A), more(B)], ['heartbeat', OK]],
  ['5.6 the same, a ping between', [part(A), ping('between'), more(B)], [hex('between'), 'heartbeat', OK]],
  ['5.9 a continuation of nothing, then a text', [more('nothing'), text(BEAT)], [PROTOCOL]],
  ['5.12 an open continuation of nothing, then a text', [more('nothing', false), text(BEAT)], [PROTOCOL]],
  [
    '5.15 a text in two, then a continuation of nothing',
    [part(A), more(B), more('x', false), text(BEAT)],
    ['heartbeat', PROTOCOL],
  ],
  ['5.16 a continuation before its text', [more('x', false), part(A), more(B)], [PROTOCOL]],
  ['5.17 a final continuation before its text', [more('x'), part(A), more(B)], [PROTOCOL]],
  ['5.18 a text in two, both called text', [part(A), text(B)], [PROTOCOL]],
  [
    '5.19 a text in five, pings between',
    [part('{"ty'), more('pe":', false), ping('1'), more('"hea', false), more('rtbe', false), ping('2'), more('at"}')],
    [hex('1'), hex('2'), 'heartbeat', OK],
  ],
  ['5 a text in fragments without payload', [part(''), more('', false), more(BEAT)], ['heartbeat', OK]],
  ['5 a close between fragments', [part(A), close(1000)], [OK]],
];

const CODES_GOOD = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
const CODES_BAD = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65_535];

const CLOSES: Case[] = [
  ['7.1.1 a text, then a close', [text(BEAT), close(1000)], ['heartbeat', OK]],
  ['7.1.2 two closes', [close(1000), close(1000)], [OK]],
  ['7.1.3 a close, then a ping', [close(1000), ping()], [OK]],
  ['7.1.4 a close, then a text', [close(1000), text(BEAT)], [OK]],
  ['7.1.5 a fragment, a close, the other fragment', [part(A), close(1000), more(B)], [OK]],
  ['7.1.6 far too much, then a close and a ping', [text('*'.repeat(262_144)), close(1000), ping()], [TOO_BIG]],
  ['7.3.1 a close without payload', [close()], ['close empty']],
  ['7.3.2 a close with one byte', [{ opcode: 8, payload: 'a' }], [PROTOCOL]],
  ['7.3.3 a close with a code', [close(1000)], [OK]],
  ['7.3.4 a close with a reason', [close(1000, 'Hello World!')], [OK]],
  ['7.3.5 a close with the longest reason', [close(1000, '*'.repeat(123))], [OK]],
  ['7.3.6 a close with a longer one', [close(1000, '*'.repeat(124))], [PROTOCOL]],
  [
    '7.5.1 a close whose reason is not UTF-8',
    [close(1000, Buffer.from('cebae1bdb9cf83cebcceb5eda080656469746564', 'hex'))],
    ['close 1007'],
  ],
  ...CODES_GOOD.map((code): Case => [`7.7 a close with ${code}`, [close(code)], [`close ${code}`]]),
  ...CODES_BAD.map((code): Case => [`7.9 a close with ${code}`, [close(code)], [PROTOCOL]]),
];

const MASKS: Case[] = [
  ['§5.1 a text without a mask', [text(BEAT, { masked: false })], [PROTOCOL]],
  ['§5.1 a ping without a mask', [ping('', { masked: false })], [PROTOCOL]],
];

export const FAMILIES: Readonly<Record<string, readonly Case[]>> = {
  '1 sizes': SIZES,
  '2 pings and pongs': PINGS,
  '3 reserved bits': RESERVED,
  '4 reserved opcodes': OPCODES,
  '5 fragments': FRAGMENTS,
  '7 closing': CLOSES,
  masks: MASKS,
};
