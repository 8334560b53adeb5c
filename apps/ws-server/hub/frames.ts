/** WebSocket text frames as a server sends them (RFC 6455 §5.2): final, unmasked, never fragmented. */

import { ENVELOPE_END, envelopeMiddle } from '@odin/events';

const FINAL_TEXT = 0x81;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const HEADER_MAX_BYTES = 10;
const FIRST_SCRATCH_BYTES = 64 * 1024;

export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const size = headerSize(length);
  const frame = Buffer.allocUnsafe(size + length);
  writeHeader(frame, 0, length);
  frame.write(text, size);
  return frame;
}

/** The text of a frame of ours. */
export function payloadOf(frame: Buffer): string {
  const short = frame[1] ?? 0;
  return frame.toString('utf8', short < LENGTH_16 ? 2 : short === LENGTH_16 ? 4 : 10);
}

/** Builds envelope frames in one scratch buffer. A frame is valid until the next is built. */
export class EnvelopeFrames {
  #scratch = Buffer.allocUnsafeSlow(FIRST_SCRATCH_BYTES);

  /** `prefix` is that of envelopePrefix; `value` is the record's JSON, copied and not parsed. */
  frame(prefix: Buffer, offset: number, ts: number, value: Buffer): Buffer {
    const middle = envelopeMiddle(offset, ts);
    const length = prefix.length + middle.length + value.length + ENVELOPE_END.length;
    if (length + HEADER_MAX_BYTES > this.#scratch.length) {
      this.#scratch = Buffer.allocUnsafeSlow(2 * (length + HEADER_MAX_BYTES));
    }
    const frame = this.#scratch;
    let at = writeHeader(frame, 0, length);
    frame.set(prefix, at);
    at += prefix.length;
    at += frame.write(middle, at, 'latin1');
    frame.set(value, at);
    at += value.length;
    at += frame.write(ENVELOPE_END, at, 'latin1');
    return frame.subarray(0, at);
  }
}

function headerSize(length: number): number {
  return length < LENGTH_16 ? 2 : length < 0x1_0000 ? 4 : 10;
}

function writeHeader(frame: Buffer, at: number, length: number): number {
  frame[at] = FINAL_TEXT;
  if (length < LENGTH_16) {
    frame[at + 1] = length;
  } else if (length < 0x1_0000) {
    frame[at + 1] = LENGTH_16;
    frame.writeUInt16BE(length, at + 2);
  } else {
    frame[at + 1] = LENGTH_64;
    frame.writeBigUInt64BE(BigInt(length), at + 2);
  }
  return at + headerSize(length);
}
