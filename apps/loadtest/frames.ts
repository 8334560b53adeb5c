/**
 * WebSocket frames as a client sees them (RFC 6455 §5.2), at the least cost: a data frame that nobody wants is counted by
 * its header and skipped. Control frames are always handed over.
 */

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const FINAL = 0x80;
const MASKED = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const HEADER_MAX_BYTES = 10;
/** No frame of a feed is this large: the stream is out of step, or the peer is not what we think. */
const PAYLOAD_MAX_BYTES = 64 * 1024 * 1024;

export interface FrameSink {
  /** `payload` is valid during the call only. Called for data frames only when the reader was told to keep them. */
  frame(opcode: number, payload: Buffer): void;
}

export class FrameError extends Error {
  override readonly name = 'FrameError';
}

export class FrameReader {
  /** Data frames that arrived whole. */
  frames = 0;
  /** Whether data frames are handed over. */
  keep: boolean;
  readonly #sink: FrameSink;
  readonly #header = Buffer.allocUnsafe(HEADER_MAX_BYTES);
  #have = 0;
  #opcode = 0;
  #left = 0;
  /** A payload that came in pieces, as far as it came; undefined while it is skipped. */
  #parts: Buffer[] | undefined;

  constructor(sink: FrameSink, keep: boolean) {
    this.#sink = sink;
    this.keep = keep;
  }

  /** Takes `chunk` from `at` to `end`; nothing of it is kept. Throws FrameError. */
  feed(chunk: Buffer, at: number, end: number): void {
    let next = at;
    while (next < end) next = this.#left > 0 ? this.#payload(chunk, next, end) : this.#begin(chunk, next, end);
  }

  #begin(chunk: Buffer, at: number, end: number): number {
    if (this.#have === 0 && end - at >= HEADER_MAX_BYTES) {
      const size = headerSize(chunk[at + 1] ?? 0);
      this.#open(chunk, at);
      return at + size;
    }
    this.#header[this.#have] = chunk[at] ?? 0;
    this.#have += 1;
    if (this.#have >= 2 && this.#have === headerSize(this.#header[1] ?? 0)) {
      this.#have = 0;
      this.#open(this.#header, 0);
    }
    return at + 1;
  }

  #open(header: Buffer, at: number): void {
    const first = header[at] ?? 0;
    const length = header[at + 1] ?? 0;
    if ((first & 0x70) !== 0 || (length & MASKED) !== 0) throw new FrameError('a frame with reserved bits or a mask');
    if ((first & FINAL) === 0) throw new FrameError('a fragmented message');
    this.#opcode = first & 0x0f;
    if (length === LENGTH_16) this.#left = header.readUInt16BE(at + 2);
    else if (length === LENGTH_64) this.#left = Number(header.readBigUInt64BE(at + 2));
    else this.#left = length;
    if (this.#left > PAYLOAD_MAX_BYTES) throw new FrameError(`a frame of ${this.#left} bytes`);
    this.#parts = this.keep || this.#opcode >= OPCODE.close ? [] : undefined;
    if (this.#left === 0) this.#finish(this.#parts && Buffer.alloc(0));
  }

  #payload(chunk: Buffer, at: number, end: number): number {
    const take = Math.min(this.#left, end - at);
    this.#left -= take;
    if (!this.#parts) {
      if (this.#left === 0) this.#finish();
      return at + take;
    }
    const part = chunk.subarray(at, at + take);
    if (this.#left > 0) this.#parts.push(Buffer.from(part));
    else this.#finish(this.#parts.length === 0 ? part : Buffer.concat([...this.#parts, part]));
    return at + take;
  }

  #finish(payload?: Buffer): void {
    if (this.#opcode < OPCODE.close) this.frames += 1;
    this.#parts = undefined;
    if (payload) this.#sink.frame(this.#opcode, payload);
  }
}

function headerSize(second: number): number {
  const length = second & 0x7f;
  return length === LENGTH_16 ? 4 : length === LENGTH_64 ? HEADER_MAX_BYTES : 2;
}

/** A final frame of a client, at most 65,535 bytes. Its mask is zero: it must be there, and hides nothing on loopback. */
export function clientFrame(opcode: number, payload: Buffer): Buffer {
  const small = payload.length < LENGTH_16;
  const head = small ? 6 : 8;
  const frame = Buffer.alloc(head + payload.length);
  frame[0] = FINAL | opcode;
  frame[1] = MASKED | (small ? payload.length : LENGTH_16);
  if (!small) frame.writeUInt16BE(payload.length, 2);
  payload.copy(frame, head);
  return frame;
}
