/** Inputs drawn by a seed: right, nearly right and plainly wrong ones, on the wire and over HTTP. */

import { encode, type Frame, HANDSHAKE_HEADERS } from '../../../support/raw-websocket.ts';

/** Uniform in [0, 1), the same row for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Random = () => number;

const upTo = (random: Random, most: number) => Math.floor(random() * (most + 1));
const pick = <T>(random: Random, list: readonly T[]): T => list[upTo(random, list.length - 1)] as T;
const many = <T>(random: Random, most: number, make: () => T): T[] => Array.from({ length: upTo(random, most) }, make);
const bytes = (random: Random, most: number) => Buffer.from(many(random, most, () => upTo(random, 255)));

const WORDS = [
  'subscribe',
  'unsubscribe',
  'heartbeat',
  'resume',
  'BTC.trade',
  '_probe.trade',
  'ETH.social',
  '',
  '\u0000',
  '__proto__',
  'constructor',
  'x'.repeat(40),
  '€',
  '.',
  'BTC.',
  -1,
  1e308,
  null,
  true,
];

function value(random: Random, depth: number): unknown {
  const kind = depth > 0 ? upTo(random, 3) : 0;
  if (kind === 0) return pick(random, WORDS);
  if (kind === 1) return many(random, 4, () => value(random, depth - 1));
  const keys = ['type', 'data', 'channels', 'cursor', 'token', '__proto__', 'length'];
  return Object.fromEntries(many(random, 4, () => [pick(random, keys), value(random, depth - 1)]));
}

function message(random: Random): string {
  switch (upTo(random, 4)) {
    case 0:
      return JSON.stringify({ type: pick(random, WORDS), data: value(random, 3) });
    case 1:
      return JSON.stringify({ type: 'subscribe', data: { channels: many(random, 120, () => pick(random, WORDS)) } });
    case 2:
      return JSON.stringify(value(random, 4));
    case 3:
      return `${'['.repeat(upTo(random, 2_000))}${pick(random, WORDS)}`;
    default:
      return JSON.stringify({ type: 'subscribe', data: { channels: ['BTC.trade'] } });
  }
}

function frame(random: Random): Frame | Buffer {
  const kind = upTo(random, 9);
  if (kind === 0) return bytes(random, 64);
  if (kind === 1) return lie(random);
  if (kind === 2) return { opcode: 9, payload: bytes(random, 130) };
  if (kind === 3) return { opcode: 8, payload: bytes(random, 20) };
  if (kind === 4)
    return { opcode: upTo(random, 15), payload: bytes(random, 300), final: random() < 0.5, rsv: upTo(random, 7) };
  if (kind === 5) return { opcode: pick(random, [0, 1, 2]), payload: bytes(random, 6_000), final: random() < 0.5 };
  const masked = random() < 0.95;
  return { opcode: 1, payload: message(random), final: random() < 0.9, masked };
}

/** A header that says another length than what follows. */
function lie(random: Random): Buffer {
  const whole = encode({ opcode: pick(random, [1, 2, 8, 9]), payload: bytes(random, 200) });
  whole[1] = 0x80 | upTo(random, 127);
  return whole.subarray(0, upTo(random, whole.length));
}

export interface WireInput {
  readonly path: string;
  readonly frames: readonly (Frame | Buffer)[];
  readonly octets: boolean;
  /** Cut, without a close. */
  readonly cut: boolean;
}

export function wireInput(random: Random): WireInput {
  return {
    path: pick(random, ['/ws', '/ws?token=BTC', '/ws?token=BTC,ETH&events=trade', '/ws?token=SOL&cursor=e1.0.1']),
    frames: [...many(random, 6, () => frame(random)), frame(random)],
    octets: random() < 0.1,
    cut: random() < 0.5,
  };
}

const PATHS = [
  '/',
  '/ws',
  '/health',
  '/metrics',
  '/version',
  '/lb',
  '/readyz',
  '/client.js',
  '/page/index.html',
  '/../../etc/passwd',
  '/%2e%2e/%2e%2e/etc/passwd',
  '//',
  '*',
  'http://other/ws',
  '/ws?token=%',
  '/ws?token=%ff%fe',
  '/ws?token=BTC&token=ETH',
  '/ws?events=nope',
  `/ws?token=${'A,'.repeat(200)}`,
  '/\u0000',
];
const METHODS = [
  'GET',
  'GET',
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'CONNECT',
  'TRACE',
  'PRI',
  'get',
  '\u0001',
];
const ODD: readonly [string, string][] = [
  ['Connection', 'close'],
  ['Connection', 'keep-alive, Upgrade'],
  ['Upgrade', 'WebSocket, h2c'],
  ['Upgrade', ''],
  ['Sec-WebSocket-Key', '='],
  ['Sec-WebSocket-Version', '99999999999999999999'],
  ['Sec-WebSocket-Protocol', 'a, a, ,'],
  ['Sec-WebSocket-Extensions', 'permessage-deflate; server_max_window_bits=99'],
  ['Sec-WebSocket-Extensions', ';;;=,"'],
  ['Content-Length', '-1'],
  ['Content-Length', '5'],
  ['Transfer-Encoding', 'chunked'],
  ['Expect', '100-continue'],
  ['Host', ''],
  ['X-Forwarded-For', '1.2.3.4, '],
  ['Range', 'bytes=0-0,-1'],
  ['Cookie', 'x'.repeat(20_000)],
  ['A b', 'c'],
  ['A', '\r\n b'],
];

/** One request, as bytes. */
export function httpInput(random: Random): Buffer {
  if (random() < 0.1) return bytes(random, 400);
  const headers: [string, string][] = random() < 0.5 ? Object.entries(HANDSHAKE_HEADERS) : [['Host', 'test']];
  const kept = headers.filter(() => random() < 0.9);
  const all = [...kept, ...many(random, 3, () => pick(random, ODD))];
  const start = `${pick(random, METHODS)} ${pick(random, PATHS)} HTTP/${pick(random, ['1.1', '1.1', '1.0', '2.0', '9'])}`;
  const lines = [start, ...all.map(([name, content]) => `${name}: ${content}`), '', ''];
  const whole = Buffer.concat([Buffer.from(lines.join(random() < 0.95 ? '\r\n' : '\n'), 'latin1'), bytes(random, 20)]);
  return random() < 0.1 ? whole.subarray(0, upTo(random, whole.length)) : whole;
}
