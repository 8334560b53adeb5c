import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../../support/app.ts';
import { metric, startOfflineServer } from '../../../support/offline-server.ts';
import {
  close,
  encode,
  type Frame,
  HANDSHAKE_HEADERS,
  more,
  RawWebSocket,
  text,
} from '../../../support/raw-websocket.ts';
import { until } from '../../../support/wait.ts';
import { FAMILIES } from './cases.ts';
import { INVALID, VALID } from './utf8.ts';

let server: App;
beforeAll(async () => {
  server = await startOfflineServer();
});
afterAll(() => server?.kill());

async function heard(frames: readonly (Frame | Buffer)[], octets: boolean): Promise<readonly string[]> {
  const socket = await new RawWebSocket(server.port).shake();
  await socket.send(frames, octets);
  // Ignored by whoever has closed already.
  await socket.send([close(1000)]);
  return (await socket.ended()).slice(0, -1);
}

/** A byte at a time only where that takes no minutes. */
const OCTETS_MAX = 600;
const sizeOf = (frames: readonly (Frame | Buffer)[]) =>
  Buffer.concat(frames.map((frame) => (Buffer.isBuffer(frame) ? frame : encode(frame)))).length;

describe.each(Object.entries(FAMILIES))('family %s', (_, cases) => {
  it.concurrent.each(cases)('%s', async (_name, frames, expected) => {
    expect(await heard(frames, false)).toEqual(expected);
  });
  it.concurrent.each(cases.filter(([, frames]) => sizeOf(frames) <= OCTETS_MAX))(
    '%s, a byte at a time',
    async (_name, frames, expected) => {
      expect(await heard(frames, true)).toEqual(expected);
    },
  );
});

describe('family 6 UTF-8', () => {
  const message = (hex: string) =>
    Buffer.concat([Buffer.from('{"type":"heartbeat","s":"'), Buffer.from(hex, 'hex'), Buffer.from('"}')]);
  const fragments = (bytes: Buffer): Frame[] => [
    text('', { final: false }),
    ...Array.from(bytes, (byte) => more(Buffer.from([byte]), false)),
    more(''),
  ];
  // JSON allows no control characters in a string: such a message is valid UTF-8 all the same.
  const answer = (hex: string) => (Number.parseInt(hex.slice(0, 2), 16) < 0x20 ? 'error bad_json' : 'heartbeat');

  it.concurrent.each(VALID)('valid: %s', async (hex) => {
    expect(await heard([text(message(hex))], false)).toEqual([answer(hex), 'close 1000']);
    expect(await heard(fragments(message(hex)), false)).toEqual([answer(hex), 'close 1000']);
  });
  it.concurrent.each(INVALID)('invalid: %s', async (hex) => {
    expect(await heard([text(message(hex))], false)).toEqual(['close 1007']);
    expect(await heard(fragments(message(hex)), false)).toEqual(['close 1007']);
  });
  it.each([
    ['6.1.2 three fragments, all empty', [text('', { final: false }), more('', false), more('')], 'error bad_json'],
    [
      '6.1.3 the middle one holds it all',
      [text('', { final: false }), more('{"type":"heartbeat"}', false), more('')],
      'heartbeat',
    ],
  ])('%s', async (_name, frames, expected) => {
    expect(await heard(frames, false)).toEqual([expected, 'close 1000']);
  });
});

describe('the handshake', () => {
  const without = (name: string) =>
    Object.fromEntries(Object.entries(HANDSHAKE_HEADERS).filter(([key]) => key !== name));

  it('answers the key of RFC 6455 §1.3 as the RFC does, and promises nothing it was not asked for', async () => {
    const socket = await new RawWebSocket(server.port).shake();
    expect(socket.status).toBe(101);
    expect(socket.answer).toMatch(/^sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r$/im);
    expect(socket.answer).not.toMatch(/sec-websocket-(extensions|protocol)/i);
    await socket.destroy();
  });

  it('takes no extension that a client offers, and no subprotocol', async () => {
    const offers = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' };
    const socket = await new RawWebSocket(server.port).shake('/ws', { ...HANDSHAKE_HEADERS, ...offers });
    expect(socket.status).toBe(101);
    expect(socket.answer).not.toMatch(/sec-websocket-extensions/i);
    await socket.destroy();
  });

  it.each([
    ['no key', '/ws', without('Sec-WebSocket-Key'), 400],
    ['a short key', '/ws', { ...HANDSHAKE_HEADERS, 'Sec-WebSocket-Key': 'short' }, 400],
    ['no version', '/ws', without('Sec-WebSocket-Version'), 400],
    ['version 12', '/ws', { ...HANDSHAKE_HEADERS, 'Sec-WebSocket-Version': '12' }, 400],
    ['another upgrade', '/ws', { ...HANDSHAKE_HEADERS, Upgrade: 'h2c' }, 400],
    ['another path', '/other', HANDSHAKE_HEADERS, 404],
    ['a bad token', '/ws?token=B.C', HANDSHAKE_HEADERS, 400],
    ['no upgrade at all', '/ws', { Host: 'test' }, 426],
  ])('%s: refused', async (_, path, headers, status) => {
    const socket = await new RawWebSocket(server.port).shake(path, headers);
    expect(socket.status).toBe(status);
    await socket.destroy();
  });

  it('says which version it speaks to who speaks another (RFC 6455 §4.4)', async () => {
    const socket = await new RawWebSocket(server.port).shake('/ws', {
      ...HANDSHAKE_HEADERS,
      'Sec-WebSocket-Version': '12',
    });
    expect(socket.answer).toMatch(/^sec-websocket-version: .*13/im);
    await socket.destroy();
  });

  it('wants GET', async () => {
    const socket = await new RawWebSocket(server.port).shake('/ws', HANDSHAKE_HEADERS, 'POST');
    expect([400, 405]).toContain(socket.status);
    await socket.destroy();
  });
});

it('keeps nobody', async () => {
  await until('no connection is left', async () => (await metric(server, 'ws_connections_active')) === 0);
});
