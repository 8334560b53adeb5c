/** The primitive types of the Kafka protocol that a Metadata exchange needs (flexible versions, KIP-482). */

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
