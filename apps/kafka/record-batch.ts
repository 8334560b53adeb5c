/**
 * Decodes the records of a Fetch answer: batches of format 2 (https://kafka.apache.org/documentation/#recordbatch),
 * plain or compressed with gzip or zstd. An incomplete batch at the end is normal and is left out.
 */

import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { KafkaError } from './errors.ts';
import type { FeedRecord } from './record.ts';
import { Reader } from './wire.ts';

const BATCH_HEAD_BYTES = 12;
const CODEC_BITS = 0x07;
const CONTROL_BIT = 0x20;

/** `next`: the offset after the last whole batch, undefined when there was none. */
export function decodeBatches(
  bytes: Buffer,
  topic: string,
  partition: number,
): { readonly records: FeedRecord[]; readonly next: number | undefined } {
  const records: FeedRecord[] = [];
  let next: number | undefined;
  for (let at = 0; at + BATCH_HEAD_BYTES <= bytes.length; ) {
    const length = bytes.readInt32BE(at + 8);
    const end = at + BATCH_HEAD_BYTES + length;
    if (end > bytes.length) break;
    next = decodeBatch(bytes.subarray(at, end), topic, partition, records);
    at = end;
  }
  return { records, next };
}

function decodeBatch(bytes: Buffer, topic: string, partition: number, into: FeedRecord[]): number {
  const from = new Reader(bytes);
  const base = from.int64();
  from.int32();
  from.int32();
  const magic = from.int8();
  if (magic !== 2) throw new KafkaError(`record batch of format ${magic}`, { canRetry: false });
  from.int32();
  const attributes = from.int16();
  const lastDelta = from.int32();
  const firstTimestamp = from.int64();
  from.bytes(8 + 8 + 2 + 4);
  const count = from.int32();
  if ((attributes & CONTROL_BIT) === 0) {
    const body = new Reader(inflate(attributes & CODEC_BITS, from.bytes(from.left) ?? Buffer.alloc(0)));
    for (let index = 0; index < count; index += 1) {
      into.push(decodeRecord(body, topic, partition, base, firstTimestamp));
    }
  }
  return base + lastDelta + 1;
}

function decodeRecord(
  from: Reader,
  topic: string,
  partition: number,
  base: number,
  firstTimestamp: number,
): FeedRecord {
  from.varint();
  from.int8();
  const timestamp = firstTimestamp + from.varint();
  const offset = base + from.varint();
  const key = from.bytes(from.varint());
  const value = from.bytes(from.varint());
  const headers = new Map<string, Buffer | null>();
  for (let left = from.varint(); left > 0; left -= 1) {
    headers.set(from.bytes(from.varint())?.toString() ?? '', from.bytes(from.varint()));
  }
  return { topic, partition, offset, timestamp, key, value, header: (name) => headers.get(name)?.toString() };
}

function inflate(codec: number, bytes: Buffer): Buffer {
  if (codec === 0) return bytes;
  if (codec === 1) return gunzipSync(bytes);
  if (codec === 4) return zstdDecompressSync(bytes);
  throw new KafkaError(`compression codec ${codec} is not supported`, { canRetry: false });
}
