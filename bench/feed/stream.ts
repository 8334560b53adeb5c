/** The messages that all peers are fed, as records on a socket: `u32 size | u16 token | u32 offset | f64 ts | JSON`. */

import type { Socket } from 'node:net';
import { recordValue } from '@odin/events';

const HEAD_BYTES = 18;
/** So that an envelope is about 512 bytes. */
const PADDING = 'x'.repeat(300);

export interface FeedMessage {
  /** Index of the token. */
  readonly token: number;
  readonly offset: number;
  /** The scheduled time, milliseconds since 1970. */
  readonly ts: number;
  readonly value: Buffer;
}

export const tokenName = (token: number): string => `T${token}`;

export function messageValue(token: number, ts: number): Buffer {
  const event = { type: 'TRADE_EXECUTED', token: tokenName(token), timestamp: ts, data: { padding: PADDING } } as const;
  return Buffer.from(recordValue(event));
}

export function encodeMessages(messages: readonly FeedMessage[]): Buffer {
  return Buffer.concat(
    messages.flatMap(({ token, offset, ts, value }) => {
      const head = Buffer.allocUnsafe(HEAD_BYTES);
      head.writeUInt32BE(value.length, 0);
      head.writeUInt16BE(token, 4);
      head.writeUInt32BE(offset, 6);
      head.writeDoubleBE(ts, 10);
      return [head, value];
    }),
  );
}

/** Calls `onMessage` for each message of the socket, in order. */
export function readMessages(socket: Socket, onMessage: (message: FeedMessage) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let at = 0;
    while (bytes.length - at >= HEAD_BYTES) {
      const end = at + HEAD_BYTES + bytes.readUInt32BE(at);
      if (end > bytes.length) break;
      onMessage({
        token: bytes.readUInt16BE(at + 4),
        offset: bytes.readUInt32BE(at + 6),
        ts: bytes.readDoubleBE(at + 10),
        value: bytes.subarray(at + HEAD_BYTES, end),
      });
      at = end;
    }
    rest = bytes.subarray(at);
  });
}
