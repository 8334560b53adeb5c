/**
 * Reads any part of a log by plain Fetch requests, without a consumer group: nothing to join, nothing to leave behind.
 * For occasional reads of old records; the tail is for everything new.
 */

import { connect as tcpConnect } from 'node:net';
import { createAdmin, type KafkaAdmin, type OffsetRange } from './admin.ts';
import { KafkaUnreachableError } from './errors.ts';
import { exchange } from './metadata.ts';
import { type KafkaOptions, REQUEST_TIMEOUT_MS } from './options.ts';
import type { FeedRecord } from './record.ts';
import { decodeBatches } from './record-batch.ts';
import { Reader, Writer } from './wire.ts';

const FETCH = 1;
/** The first with the log's start in its answer is 5; brokers from 0.11 to 4.x speak it. */
const FETCH_VERSION = 5;
const FETCH_MAX_BYTES = 1024 * 1024;
const FETCH_WAIT_MS = 100;
const OFFSET_OUT_OF_RANGE = 1;

export interface LogSlice {
  readonly records: readonly FeedRecord[];
  /** Where to read on. */
  readonly next: number;
  /** Set when the offset asked for is not in the log: what is. Then there are no records. */
  readonly outside?: OffsetRange;
}

export class LogReader {
  readonly #options: KafkaOptions;
  #admin: Promise<KafkaAdmin> | undefined;
  readonly #leaders = new Map<string, ReadonlyMap<number, string>>();

  constructor(options: KafkaOptions) {
    this.#options = options;
  }

  /** At most about 1 MB of records from `offset` on. Throws KafkaError. */
  async read(topic: string, partition: number, offset: number): Promise<LogSlice> {
    try {
      const leader = (await this.#leadersOf(topic)).get(partition);
      if (leader === undefined) throw new KafkaUnreachableError(`${topic}/${partition} has no leader`);
      const answer = await this.#ask(leader, encode(topic, partition, offset));
      const { error, bytes } = decode(answer);
      if (error === OFFSET_OUT_OF_RANGE)
        return { records: [], next: offset, outside: await this.#range(topic, partition) };
      if (error !== 0) throw new KafkaUnreachableError(`${topic}/${partition}: fetch error ${error}`);
      const { records, next } = decodeBatches(bytes, topic, partition);
      // A batch is sent whole, also what is before the offset.
      return { records: records.filter((record) => record.offset >= offset), next: Math.max(offset, next ?? offset) };
    } catch (error) {
      // Leaders may have moved, and connections broken.
      this.#leaders.delete(topic);
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const admin = this.#admin;
    this.#admin = undefined;
    await admin?.then((open) => open.close()).catch(() => undefined);
  }

  async #leadersOf(topic: string): Promise<ReadonlyMap<number, string>> {
    let known = this.#leaders.get(topic);
    if (!known) {
      known = await (await this.#open()).leaders(topic);
      this.#leaders.set(topic, known);
    }
    return known;
  }

  async #range(topic: string, partition: number): Promise<OffsetRange> {
    const range = (await (await this.#open()).offsets(topic)).get(partition);
    if (!range) throw new KafkaUnreachableError(`${topic}/${partition} has no offsets`);
    return range;
  }

  #open(): Promise<KafkaAdmin> {
    this.#admin ??= createAdmin(this.#options);
    return this.#admin;
  }

  /** A connection for each request: there are few, each for up to a megabyte, and none can be left in a bad state. */
  async #ask(leader: string, request: Buffer): Promise<Buffer> {
    const colon = leader.lastIndexOf(':');
    const host = leader.slice(0, colon);
    const port = Number(leader.slice(colon + 1));
    const { dial } = this.#options;
    try {
      return await exchange(dial ? dial(host, port) : tcpConnect({ host, port }), request, REQUEST_TIMEOUT_MS);
    } catch (error) {
      throw new KafkaUnreachableError(`fetch from ${leader}`, error);
    }
  }
}

function encode(topic: string, partition: number, offset: number): Buffer {
  const out = new Writer().int16(FETCH).int16(FETCH_VERSION).int32(1).string('odin');
  out.int32(-1).int32(FETCH_WAIT_MS).int32(1).int32(FETCH_MAX_BYTES).bool(false);
  out.int32(1).string(topic).int32(1);
  out.int32(partition).int64(offset).int64(-1).int32(FETCH_MAX_BYTES);
  return out.framed();
}

function decode(answer: Buffer): { error: number; bytes: Buffer } {
  const from = new Reader(answer);
  from.int32();
  from.int32();
  from.int32();
  from.string();
  from.int32();
  from.int32();
  const error = from.int16();
  from.bytes(8 + 8 + 8);
  for (let left = from.int32(); left > 0; left -= 1) from.bytes(16);
  return { error, bytes: from.bytes(from.int32()) ?? Buffer.alloc(0) };
}
