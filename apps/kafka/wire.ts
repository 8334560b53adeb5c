/** The primitive types of the Kafka protocol that our own requests need (flexible versions: KIP-482). */

export class Writer {
  readonly #parts: Buffer[] = [];

  int16(value: number): this {
    const bytes = Buffer.alloc(2);
    bytes.writeInt16BE(value);
    return this.#push(bytes);
  }

  int32(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return this.#push(bytes);
  }

  int64(value: number): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(BigInt(value));
    return this.#push(bytes);
  }

  bool(value: boolean): this {
    return this.#push(Buffer.from([value ? 1 : 0]));
  }

  uvarint(value: number): this {
    const bytes: number[] = [];
    let rest = value;
    while (rest > 0x7f) {
      bytes.push((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    bytes.push(rest);
    return this.#push(Buffer.from(bytes));
  }

  string(value: string): this {
    return this.int16(Buffer.byteLength(value)).#push(Buffer.from(value));
  }

  compactString(value: string): this {
    return this.uvarint(Buffer.byteLength(value) + 1).#push(Buffer.from(value));
  }

  hex(value: string): this {
    return this.#push(Buffer.from(value, 'hex'));
  }

  tags(): this {
    return this.uvarint(0);
  }

  /** Everything written, behind its length. */
  framed(): Buffer {
    const body = Buffer.concat(this.#parts);
    const length = Buffer.alloc(4);
    length.writeInt32BE(body.length);
    return Buffer.concat([length, body]);
  }

  #push(bytes: Buffer): this {
    this.#parts.push(bytes);
    return this;
  }
}

/** Reads past the end throw a RangeError. */
export class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int8(): number {
    return this.#bytes.readInt8(this.#skip(1));
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#skip(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#skip(4));
  }

  int64(): number {
    return Number(this.#bytes.readBigInt64BE(this.#skip(8)));
  }

  /** Zigzag, as in records; up to 2^53. */
  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#bytes.readUInt8(this.#skip(1));
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  }

  /** Null when `length` is negative. */
  bytes(length: number): Buffer | null {
    if (length < 0) return null;
    if (length > this.left) throw new RangeError('the bytes end too soon');
    const from = this.#skip(length);
    return this.#bytes.subarray(from, from + length);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  string(): string {
    return this.bytes(this.int16())?.toString() ?? '';
  }

  uvarint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#skip(1));
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  compactString(): string | null {
    const length = this.uvarint() - 1;
    if (length < 0) return null;
    const from = this.#skip(length);
    return this.#bytes.toString('utf8', from, from + length);
  }

  hex(length: number): string {
    const from = this.#skip(length);
    return this.#bytes.toString('hex', from, from + length);
  }

  /** Calls `item` once an element and returns how many there were. */
  array(item: () => void): number {
    const length = Math.max(0, this.uvarint() - 1);
    for (let index = 0; index < length; index += 1) item();
    return length;
  }

  tags(): void {
    for (let left = this.uvarint(); left > 0; left -= 1) {
      this.uvarint();
      this.#skip(this.uvarint());
    }
  }

  #skip(length: number): number {
    const from = this.#at;
    this.#at += length;
    return from;
  }
}
