/** A WebSocket at byte level: the test writes frames, right or wrong ones, and reads what comes back as words. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { FrameReader, OPCODE } from '../../apps/loadtest/frames.ts';
import { until } from './wait.ts';

export interface Frame {
  readonly opcode: number;
  readonly payload?: Buffer | string;
  readonly final?: boolean;
  /** The three reserved bits, 0…7. */
  readonly rsv?: number;
  readonly masked?: boolean;
}

const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/** RFC 6455 §5.2, masked as a client must unless told otherwise. */
export function encode({ opcode, payload = '', final = true, rsv = 0, masked = true }: Frame): Buffer {
  const body = Buffer.from(payload);
  const short = body.length < 126;
  const long = body.length > 0xffff;
  const length = short ? body.length : long ? 127 : 126;
  const size = Buffer.alloc(short ? 0 : long ? 8 : 2);
  if (long) size.writeBigUInt64BE(BigInt(body.length));
  else if (!short) size.writeUInt16BE(body.length);
  const head = Buffer.from([(final ? 0x80 : 0) | (rsv << 4) | opcode, (masked ? 0x80 : 0) | length]);
  if (!masked) return Buffer.concat([head, size, body]);
  return Buffer.concat([head, size, MASK, body.map((byte, index) => byte ^ (MASK[index % 4] ?? 0))]);
}

export const text = (payload: Buffer | string, more: Partial<Frame> = {}): Frame => ({ opcode: 1, payload, ...more });
export const binary = (payload: Buffer | string): Frame => ({ opcode: 2, payload });
export const more = (payload: Buffer | string, final = true): Frame => ({ opcode: 0, payload, final });
export const ping = (payload: Buffer | string = '', fields: Partial<Frame> = {}): Frame => ({
  opcode: 9,
  payload,
  ...fields,
});
export const pong = (payload: Buffer | string = ''): Frame => ({ opcode: 10, payload });
/** `code` undefined: an empty payload. */
export function close(code?: number, reason: Buffer | string = '', fields: Partial<Frame> = {}): Frame {
  const head = Buffer.alloc(code === undefined ? 0 : 2);
  if (code !== undefined) head.writeUInt16BE(code);
  return { opcode: 8, payload: Buffer.concat([head, Buffer.from(reason)]), ...fields };
}

export const HANDSHAKE_HEADERS: Readonly<Record<string, string>> = {
  Host: 'test',
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

export class RawWebSocket {
  /** `heartbeat`, `error bad_json`, `pong 6869` (hex), `close 1000`, `end`: in the order in which they came. */
  readonly heard: string[] = [];
  /** The status line and headers of the answer to the handshake. */
  answer = '';
  readonly #socket: Socket;
  readonly #reader = new FrameReader(this, true);
  #open = false;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1').setNoDelay(true);
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => this.heard.push('end'));
  }

  /** Resolves once the answer is there; `open` says whether it was 101. */
  async shake(
    path = '/ws',
    headers: Readonly<Record<string, string>> = HANDSHAKE_HEADERS,
    start = 'GET',
  ): Promise<this> {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    this.#socket.write([`${start} ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
    await until('an answer to the handshake', () => this.answer.includes('\r\n\r\n') || this.heard.includes('end'));
    return this;
  }

  get open(): boolean {
    return this.#open;
  }

  get status(): number {
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(this.answer)?.[1]);
  }

  /** `octets`: a byte at a time. */
  async send(frames: readonly (Frame | Buffer)[], octets = false): Promise<void> {
    const bytes = Buffer.concat(frames.map((frame) => (Buffer.isBuffer(frame) ? frame : encode(frame))));
    for (let at = 0; octets && at < bytes.length && this.#socket.writable; at += 1) {
      this.#socket.write(bytes.subarray(at, at + 1));
      if (at % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    if (!octets) this.#socket.write(bytes);
  }

  /** What was heard until the connection ended. */
  async ended(): Promise<readonly string[]> {
    await until('the end of the connection', () => this.heard.at(-1) === 'end', { seen: () => this.heard });
    return this.heard;
  }

  async destroy(): Promise<void> {
    if (this.heard.at(-1) === 'end') return;
    const closed = once(this.#socket, 'close');
    this.#socket.destroy();
    await closed;
  }

  #read(chunk: Buffer): void {
    if (this.#open) {
      this.#reader.feed(chunk, 0, chunk.length);
      return;
    }
    const before = this.answer.length;
    this.answer += chunk.toString('latin1');
    const end = this.answer.indexOf('\r\n\r\n');
    if (end < 0 || this.status !== 101) return;
    this.answer = this.answer.slice(0, end + 4);
    this.#open = true;
    this.#reader.feed(chunk, end + 4 - before, chunk.length);
  }

  /** Called by the reader. */
  frame(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.close) this.heard.push(`close ${payload.length >= 2 ? payload.readUInt16BE(0) : 'empty'}`);
    else if (opcode === OPCODE.pong) this.heard.push(`pong ${payload.toString('hex')}`.trim());
    else if (opcode === OPCODE.text) this.#message(JSON.parse(payload.toString()));
    // The server pings when its time comes, whatever the test does.
    else if (opcode !== OPCODE.ping) this.heard.push(`opcode ${opcode}`);
  }

  #message({ type, code }: { type: string; code?: string }): void {
    if (type !== 'welcome') this.heard.push(code ? `${type} ${code}` : type);
  }
}
