/**
 * One Metadata request of the Kafka protocol, version 12, over a connection of its own. kafkajs speaks version 6, which
 * knows no topic ids; they are what tells a topic that was deleted and created again from the one before.
 * Shapes: https://kafka.apache.org/protocol#The_Messages_Metadata and #The_Messages_ApiVersions (flexible versions,
 * KIP-482; topic ids, KIP-516).
 */

import { type Socket, connect as tcpConnect } from 'node:net';
import { KafkaUnreachableError } from './errors.ts';
import type { KafkaOptions } from './options.ts';
import { Reader, Writer } from './wire.ts';

const METADATA = 3;
const METADATA_VERSION = 12;
const API_VERSIONS = 18;
const NO_TOPIC_ID = '00000000000000000000000000000000';
const RESPONSE_MAX_BYTES = 16 * 1024 * 1024;

export interface TopicMetadata {
  /** 32 hex digits; empty when the broker knows no topic ids. */
  readonly id: string;
  readonly partitions: number;
}

export interface Metadata {
  readonly clusterId: string;
  /** Only topics that exist. */
  readonly topics: ReadonlyMap<string, TopicMetadata>;
}

/** Throws KafkaUnreachableError when no broker answers within `timeoutMs`. */
export async function fetchMetadata(
  options: KafkaOptions,
  topics: readonly string[],
  timeoutMs: number,
): Promise<Metadata> {
  return decode(await askAny(options, encode(topics), timeoutMs));
}

/** Whether the brokers speak a Metadata version that carries topic ids. Throws KafkaUnreachableError. */
export async function knowsTopicIds(options: KafkaOptions, timeoutMs: number): Promise<boolean> {
  const request = new Writer().int16(API_VERSIONS).int16(0).int32(1).string('odin').framed();
  const from = new Reader(await askAny(options, request, timeoutMs));
  from.int32();
  from.int16();
  for (let left = from.int32(); left > 0; left -= 1) {
    const key = from.int16();
    from.int16();
    const most = from.int16();
    if (key === METADATA) return most >= METADATA_VERSION;
  }
  return false;
}

/** Asks the brokers in turn. */
export async function askAny(options: KafkaOptions, request: Buffer, timeoutMs: number): Promise<Buffer> {
  let last: unknown;
  for (const broker of options.brokers) {
    const colon = broker.lastIndexOf(':');
    const host = broker.slice(0, colon).replace(/^\[|\]$/g, '');
    const port = Number(broker.slice(colon + 1));
    try {
      const socket = options.dial ? options.dial(host, port) : tcpConnect({ host, port });
      return await exchange(socket, request, timeoutMs);
    } catch (error) {
      last = error;
    }
  }
  throw new KafkaUnreachableError(`no answer from ${options.brokers.join(', ')}`, last);
}

function encode(topics: readonly string[]): Buffer {
  const out = new Writer();
  out.int16(METADATA).int16(METADATA_VERSION).int32(1).string('odin').tags();
  out.uvarint(topics.length + 1);
  for (const topic of topics) out.hex(NO_TOPIC_ID).compactString(topic).tags();
  out.bool(false).bool(false).tags();
  return out.framed();
}

function decode(response: Buffer): Metadata {
  const from = new Reader(response);
  from.int32();
  from.tags();
  from.int32();
  from.array(() => {
    from.int32();
    from.compactString();
    from.int32();
    from.compactString();
    from.tags();
  });
  const clusterId = from.compactString() ?? '';
  from.int32();
  const topics = new Map<string, TopicMetadata>();
  from.array(() => {
    const error = from.int16();
    const name = from.compactString();
    const id = from.hex(16);
    from.int8();
    const partitions = from.array(() => {
      from.int16();
      from.int32();
      from.int32();
      from.int32();
      for (let list = 0; list < 3; list += 1) from.array(() => from.int32());
      from.tags();
    });
    from.int32();
    from.tags();
    if (error === 0 && name !== null) topics.set(name, { id, partitions });
  });
  return { clusterId, topics };
}

export function exchange(socket: Socket, request: Buffer, timeoutMs: number): Promise<Buffer> {
  return new Promise<Buffer>((resolve, reject) => {
    let received = Buffer.alloc(0);
    const timer = setTimeout(() => finish(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    const finish = (error: Error | undefined, body?: Buffer) => {
      clearTimeout(timer);
      socket.destroy();
      if (body) resolve(body);
      else reject(error);
    };
    socket.on('error', finish);
    socket.on('close', () => finish(new Error('the broker closed the connection')));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4) return;
      const length = received.readInt32BE(0);
      if (length < 0 || length > RESPONSE_MAX_BYTES) finish(new Error('the answer is not of the Kafka protocol'));
      else if (received.length >= 4 + length) finish(undefined, received.subarray(4, 4 + length));
    });
    socket.write(request);
  });
}
