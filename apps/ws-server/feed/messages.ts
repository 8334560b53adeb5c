/**
 * How the process that reads Kafka and those that serve clients speak with each other: frames on a stream, each a JSON
 * message and the events that belong to it, which nobody parses:
 *
 *     u32 length of what follows | u32 length of the message | message | events
 *     an event: f64 offset | f64 timestamp | u8 length of the token | u32 length of the value | token | value
 */

import type { LogGap, TailHealth } from '@odin/kafka';
import type { Ask, FeedEvent, Reply, Slice, Start } from './feed.ts';

export type FeedMessage =
  | { readonly type: 'epoch'; readonly epoch: string }
  | { readonly type: 'start' | 'rejoin'; readonly positions: readonly Start[] }
  | ({ readonly type: 'slice' } & Omit<Slice, 'events'>)
  | { readonly type: 'gaps'; readonly gaps: readonly LogGap[] }
  | { readonly type: 'health'; readonly health: TailHealth }
  | { readonly type: 'ask'; readonly id: number; readonly ask: Ask }
  | ({ readonly type: 'reply'; readonly id: number } & Omit<Reply, 'events'>)
  | { readonly type: 'failed'; readonly id: number; readonly reason: string };

const LENGTH_BYTES = 4;
const EVENT_HEAD_BYTES = 8 + 8 + 1 + 4;

export function encode(message: FeedMessage, events: readonly FeedEvent[] = []): Buffer {
  const text = Buffer.from(JSON.stringify(message));
  let length = LENGTH_BYTES + text.length;
  for (const { token, value } of events) length += EVENT_HEAD_BYTES + token.length + value.length;
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + length);
  let at = frame.writeUInt32LE(length, 0);
  at = frame.writeUInt32LE(text.length, at);
  at += text.copy(frame, at);
  for (const { offset, timestamp, token, value } of events) {
    at = frame.writeDoubleLE(offset, at);
    at = frame.writeDoubleLE(timestamp, at);
    at = frame.writeUInt8(token.length, at);
    at = frame.writeUInt32LE(value.length, at);
    at += frame.write(token, at, 'latin1');
    frame.set(value, at);
    at += value.length;
  }
  return frame;
}

/** Cuts a stream into frames, however its pieces fall. */
export class Decoder {
  readonly #onFrame: (message: FeedMessage, events: FeedEvent[]) => void;
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** Less than that cannot hold the next frame. */
  #needed = LENGTH_BYTES;

  /** The events are views of what came in. */
  constructor(onFrame: (message: FeedMessage, events: FeedEvent[]) => void) {
    this.#onFrame = onFrame;
  }

  push(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes < this.#needed) return;
    const whole = this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces);
    let at = 0;
    this.#needed = LENGTH_BYTES;
    while (whole.length - at >= LENGTH_BYTES) {
      const end = at + LENGTH_BYTES + whole.readUInt32LE(at);
      if (end > whole.length) {
        this.#needed = end - at;
        break;
      }
      this.#frame(whole.subarray(at + LENGTH_BYTES, end));
      at = end;
    }
    this.#pieces = at < whole.length ? [whole.subarray(at)] : [];
    this.#bytes = whole.length - at;
  }

  #frame(frame: Buffer): void {
    let at = LENGTH_BYTES + frame.readUInt32LE(0);
    const message = JSON.parse(frame.toString('utf8', LENGTH_BYTES, at)) as FeedMessage;
    const events: FeedEvent[] = [];
    while (at < frame.length) {
      const offset = frame.readDoubleLE(at);
      const timestamp = frame.readDoubleLE(at + 8);
      const tokenAt = at + EVENT_HEAD_BYTES;
      const valueAt = tokenAt + frame.readUInt8(at + 16);
      const end = valueAt + frame.readUInt32LE(at + 17);
      events.push({
        offset,
        timestamp,
        token: frame.toString('latin1', tokenAt, valueAt),
        value: frame.subarray(valueAt, end),
      });
      at = end;
    }
    this.#onFrame(message, events);
  }
}
