import { connect, type Socket } from 'node:net';
import type { ServerMessage } from '@odin/events';
import { expect, test } from 'vitest';
import { FrameReader, OPCODE } from '../../../apps/loadtest/frames.ts';
import { startFanOut } from '../../support/fan-out.ts';
import { HANDSHAKE_HEADERS } from '../../support/raw-websocket.ts';
import { until } from '../../support/wait.ts';

const CLIENTS = 2_000;
const STALLED = 300;
/** Those of the first tokens stall, each beside clients of the same token that do not. */
const TOKENS = Array.from({ length: 20 }, (_, index) => `T${index}`);
const STALLING_TOKENS = 4;
const EVENTS = 600;
/** Published at once. */
const BURST = 20;
/** In all, twice what the kernel takes for a client that does not read (some 4 MB). */
const PADDING = 'x'.repeat(16 * 1024);
const HEAD_BYTES = 400;

/** Counts what it is sent, by offset; what else it is told it keeps. */
class Reader {
  readonly offsets: number[] = [];
  readonly gaps: { from: number; to: number }[] = [];
  code: number | undefined;
  welcomed = false;
  readonly socket: Socket;
  readonly #frames = new FrameReader(this, true);
  #open = false;

  constructor(port: number, token: string) {
    this.socket = connect(port, '127.0.0.1');
    const headers = Object.entries(HANDSHAKE_HEADERS).map(([name, value]) => `${name}: ${value}`);
    this.socket.write([`GET /ws?token=${token}&events=trade HTTP/1.1`, ...headers, '', ''].join('\r\n'));
    this.socket.on('error', () => undefined);
    this.socket.on('data', (chunk) => this.#read(chunk));
  }

  #read(chunk: Buffer): void {
    // The handshake's answer comes in one piece, with the beginning of what follows it or without.
    const start = this.#open ? 0 : chunk.indexOf('\r\n\r\n') + 4;
    this.#open = true;
    this.#frames.feed(chunk, start, chunk.length);
  }

  frame(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.close) this.code = payload.readUInt16BE(0);
    if (opcode !== OPCODE.text) return;
    const [, offset] = /"offset":(\d+)/.exec(payload.toString('latin1', 0, HEAD_BYTES)) ?? [];
    if (offset !== undefined) this.offsets.push(Number(offset));
    else this.#told(JSON.parse(payload.toString()) as ServerMessage);
  }

  #told(message: ServerMessage): void {
    if (message.type === 'welcome') this.welcomed = true;
    if (message.type === 'gap') this.gaps.push(...message.data.ranges);
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

test('300 stalled clients among 2000: the others get everything in order, the stalled are told or closed', async () => {
  const server = await startFanOut({ limits: { lagMs: 600_000 }, pingSeconds: 600 });
  const port = Number(server.address.split(':')[1]);
  const readers: Reader[] = [];
  try {
    for (const index of upTo(CLIENTS)) {
      readers.push(new Reader(port, TOKENS[index % TOKENS.length] ?? ''));
      if (index % 100 === 99) await until('welcomed', () => readers.every(({ welcomed }) => welcomed), { ms: 20_000 });
    }
    const perToken = STALLED / STALLING_TOKENS;
    const isStalled = (_: Reader, index: number) =>
      index % TOKENS.length < STALLING_TOKENS && index < perToken * TOKENS.length;
    const stalled = readers.filter(isStalled);
    const others = readers.filter((reader, index) => !isStalled(reader, index));
    expect(stalled).toHaveLength(STALLED);
    for (const { socket } of stalled) socket.pause();

    for (const event of upTo(EVENTS)) {
      for (const [index, token] of TOKENS.entries()) {
        server.publish(token, 'trade', index < STALLING_TOKENS ? PADDING : '');
      }
      if (event % BURST !== BURST - 1) continue;
      await until('all others have all', () => others.every(({ offsets }) => offsets.length > event), {
        ms: 20_000,
        seen: () => others.filter(({ offsets }) => offsets.length <= event).length,
      });
    }
    const everything = upTo(EVENTS);
    expect(others.filter(({ offsets }) => String(offsets) !== String(everything))).toEqual([]);
    expect(others.filter(({ gaps, code }) => gaps.length > 0 || code !== undefined)).toEqual([]);
    expect(server.stats.lagging).toBe(STALLED);

    // Half of them read again, the others have lagged for too long.
    const back = stalled.filter((_, index) => index % 2 === 0);
    const lost = stalled.filter((_, index) => index % 2 === 1);
    for (const { socket } of back) socket.resume();
    await until('they were told what they missed', () => back.every(({ gaps }) => gaps.length > 0), {
      ms: 20_000,
      seen: () => ({ told: back.filter(({ gaps }) => gaps.length > 0).length, stats: server.stats }),
    });
    for (const { offsets, gaps, code } of back) {
      const told = gaps.flatMap(({ from, to }) => upTo(to - from + 1).map((offset) => from + offset));
      expect([...offsets, ...told]).toEqual(everything);
      expect(code).toBeUndefined();
    }
    server.limits.lagMs = 0;
    await until('the others of them are closed', () => server.stats.connections === CLIENTS - lost.length, {
      ms: 60_000,
      seen: () => server.stats,
    });
    for (const { socket } of lost) socket.resume();
    await until('their connections ended', () => lost.every(({ socket }) => socket.closed), { ms: 20_000 });
    expect(lost.filter(({ offsets }) => String(offsets) !== String(upTo(offsets.length)))).toEqual([]);
    const dropped = [...back, ...lost].reduce((sum, { offsets }) => sum + EVENTS - offsets.length, 0);
    const { slow, closing } = server.stats.messagesDropped;
    expect(slow + closing).toBeLessThanOrEqual(dropped);
    expect(slow).toBeGreaterThan(0);
  } finally {
    for (const { socket } of readers) socket.destroy();
    await server.stop();
  }
}, 180_000);
