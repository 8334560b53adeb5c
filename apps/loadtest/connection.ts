/** One client: a raw socket, the handshake by hand, frames counted or parsed. It never sends more than pongs. */

import { connect, type Socket } from 'node:net';
import type { Envelope, ServerMessage } from '@odin/events';
import { clientFrame, FrameReader, OPCODE } from './frames.ts';
import { Ledger } from './ledger.ts';
import { type ClientPlan, fill, type LoadPlan } from './plan.ts';

/** All sockets of a process read into it; nothing is kept of it after a callback. */
const SHARED = Buffer.allocUnsafeSlow(256 * 1024);
const HANDSHAKE_TIMEOUT_MS = 20_000;
const HANDSHAKE_MAX_BYTES = 16 * 1024;
const TIMESTAMP = Buffer.from('"timestamp":');
const TIMESTAMP_DIGITS = 13;
const ENVELOPE_START = '{"epoch"';
const NORMAL = Buffer.from([0x03, 0xe8]);
const BROKEN = '1006';

export interface ConnectionEvents {
  opened(connection: Connection): void;
  /** `how`: a close code, `http_503`, or what went wrong. Called once. */
  ended(connection: Connection, how: string): void;
  /** Age of an event on arrival at a checked client, milliseconds. */
  latency(ms: number): void;
}

export class Connection {
  readonly plan: ClientPlan;
  readonly reader: FrameReader;
  readonly ledger: Ledger | undefined;
  bytes = 0;
  open = false;
  readonly #events: ConnectionEvents;
  readonly #socket: Socket;
  readonly #hello: string | undefined;
  #answer = '';
  #how: string | undefined;
  #ended = false;

  constructor(load: LoadPlan, plan: ClientPlan, events: ConnectionEvents) {
    const { target, query, hello } = load;
    this.plan = plan;
    this.#events = events;
    this.#hello = hello && fill(hello, plan.tokens);
    this.ledger = plan.checked ? new Ledger(plan.id, plan.tokens) : undefined;
    this.reader = new FrameReader(this, plan.checked);
    this.#socket = connect({
      host: target.address,
      port: target.port,
      ...(plan.source && { localAddress: plan.source }),
      onread: { buffer: SHARED, callback: (bytes, buffer) => this.#read(buffer as Buffer, bytes) },
    });
    this.#socket.setNoDelay(true).setTimeout(HANDSHAKE_TIMEOUT_MS, () => this.#end('handshake_timeout'));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#how ??= this.open ? BROKEN : (error.code ?? 'error');
    });
    this.#socket.on('end', () => this.#socket.destroy());
    this.#socket.on('close', () => this.#end(this.open ? BROKEN : 'no_answer'));
    const path = `${target.path}?${fill(query, plan.tokens)}`;
    this.#socket.write(handshake(path, target.host));
  }

  /** Closes as a client does; what the server answers is not waited for longer than the caller waits. */
  close(): void {
    if (!this.open) this.#socket.destroy();
    else this.#socket.write(clientFrame(OPCODE.close, NORMAL));
  }

  /** Reads again after a stall. */
  resume(): void {
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #read(buffer: Buffer, bytes: number): boolean {
    this.bytes += bytes;
    try {
      if (this.open) this.reader.feed(buffer, 0, bytes);
      else this.#greet(buffer, bytes);
    } catch {
      this.#end('bad_frame');
    }
    return true;
  }

  #greet(buffer: Buffer, bytes: number): void {
    const before = this.#answer.length;
    this.#answer += buffer.toString('latin1', 0, bytes);
    const end = this.#answer.indexOf('\r\n\r\n');
    if (end < 0) {
      if (this.#answer.length > HANDSHAKE_MAX_BYTES) this.#end('bad_answer');
      return;
    }
    const status = /^HTTP\/1\.1 (\d{3})/.exec(this.#answer)?.[1];
    this.#answer = '';
    if (status !== '101') {
      this.#end(status ? `http_${status}` : 'bad_answer');
      return;
    }
    this.open = true;
    this.#socket.setTimeout(0);
    if (this.#hello) this.#socket.write(clientFrame(OPCODE.text, Buffer.from(this.#hello)));
    this.#events.opened(this);
    if (this.plan.stalled) this.#socket.pause();
    this.reader.feed(buffer, end + 4 - before, bytes);
  }

  /** Called by the reader. */
  frame(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.ping) {
      this.#socket.write(clientFrame(OPCODE.pong, payload));
    } else if (opcode === OPCODE.close) {
      this.#how ??= payload.length >= 2 ? String(payload.readUInt16BE(0)) : '1005';
      this.#socket.end(clientFrame(OPCODE.close, payload.subarray(0, 2)));
    } else if (opcode === OPCODE.text && this.ledger) {
      const at = payload.indexOf(TIMESTAMP);
      if (at >= 0) {
        const start = at + TIMESTAMP.length;
        this.#events.latency(Date.now() - Number(payload.toString('latin1', start, start + TIMESTAMP_DIGITS)));
      }
      if (at < 0 || payload.toString('latin1', 0, ENVELOPE_START.length) === ENVELOPE_START) {
        this.ledger.take(JSON.parse(payload.toString()) as Envelope | ServerMessage);
      }
    }
  }

  #end(how: string): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.ledger) this.ledger.leftAt = Date.now();
    this.#socket.destroy();
    this.#events.ended(this, this.#how ?? how);
  }
}

function handshake(path: string, host: string): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    // Any 16 bytes: the answer to it is the conformance tests' business.
    'Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==',
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
