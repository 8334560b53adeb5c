/**
 * What memory no longer holds, read again from Kafka. One reader for all clients: whoever wants records of a partition
 * is served by one scan of it, few partitions are scanned at once, and records are read at a bounded rate.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { FeedRecord, LogReader } from '@odin/kafka';
import type { Ask, FeedEvent, Reply } from '../feed/feed.ts';
import { eventOf } from './event.ts';
import { Pace } from './pace.ts';
import { Repeats } from './repeats.ts';

const SCANS_MAX = 4;
/** Each holds at most REPLY_BYTES and one event. */
const ASKS_MAX = 1_000;
const REPLY_BYTES = 64 * 1024;
const TRIES = 3;
const RETRY_MS = 500;

interface Waiting extends Ask {
  readonly events: FeedEvent[];
  bytes: number;
  /** Offset of the last event. */
  last: number;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

export class LogReplay {
  readonly #reader: LogReader;
  readonly #pace: Pace;
  readonly #queues = new Map<string, Waiting[]>();
  #asks = 0;
  #scanning = 0;
  readonly #turns: (() => void)[] = [];

  constructor(reader: LogReader, recordsPerSecond: number) {
    this.#reader = reader;
    this.#pace = new Pace(recordsPerSecond);
  }

  /** Rejects when Kafka cannot be read, or too many clients wait already. */
  async read(ask: Ask): Promise<Reply> {
    if (this.#asks >= ASKS_MAX) throw new Error('too many clients are resuming');
    this.#asks += 1;
    try {
      return await new Promise<Reply>((resolve, reject) => {
        const waiting: Waiting = { ...ask, events: [], bytes: 0, last: -1, resolve, reject };
        const key = `${ask.topic}/${ask.partition}`;
        const queue = this.#queues.get(key);
        if (queue) {
          queue.push(waiting);
          return;
        }
        this.#queues.set(key, [waiting]);
        void this.#serve(key);
      });
    } finally {
      this.#asks -= 1;
    }
  }

  /** Scans one partition until nobody waits for it. */
  async #serve(key: string): Promise<void> {
    const queue = this.#queues.get(key) ?? [];
    while (this.#scanning >= SCANS_MAX) await new Promise<void>((resolve) => this.#turns.push(resolve));
    this.#scanning += 1;
    const active: Waiting[] = [];
    try {
      while (queue.length > 0) {
        active.push(...queue.splice(0));
        await this.#scan(active, queue);
      }
    } catch (error) {
      for (const { reject } of [...active, ...queue]) reject(error);
    } finally {
      this.#queues.delete(key);
      this.#scanning -= 1;
      this.#turns.shift()?.();
    }
  }

  async #scan(active: Waiting[], queue: Waiting[]): Promise<void> {
    const repeats = new Repeats();
    let at = Math.min(...active.map(({ from }) => from));
    while (active.length > 0) {
      await this.#pace.ready();
      const { topic, partition } = active[0] as Waiting;
      const { records, next, outside } = await this.#fetch(topic, partition, at);
      this.#pace.spend(records.length);
      if (outside) {
        settle(active, (ask) => boundsReply(ask, outside));
        if (active.length > 0) at = Math.max(outside.low, Math.min(...active.map(({ from }) => from)));
        continue;
      }
      const byToken = Map.groupBy(active, ({ token }) => token);
      for (const record of records) hand(record, byToken, repeats);
      const ended = records.length === 0 && next === at;
      settle(active, ({ events, bytes, last, to }) => {
        if (bytes >= REPLY_BYTES) return { events, next: last + 1 };
        return next >= to || ended ? { events, next: to } : undefined;
      });
      at = next;
      // Who came meanwhile for what is still ahead rides along; the others wait for the next scan.
      for (let index = queue.length - 1; index >= 0; index -= 1) {
        if ((queue[index]?.from ?? -1) >= at) active.push(...queue.splice(index, 1));
      }
    }
  }

  async #fetch(topic: string, partition: number, at: number) {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#reader.read(topic, partition, at);
      } catch (error) {
        if (tries === TRIES) throw error;
        await sleep(RETRY_MS);
      }
    }
  }
}

function hand(record: FeedRecord, byToken: ReadonlyMap<string, Waiting[]>, repeats: Repeats): void {
  const event = eventOf(record);
  if ('dropped' in event || repeats.isRepeat(record)) return;
  let kept: FeedEvent | undefined;
  for (const ask of byToken.get(event.token) ?? []) {
    if (event.offset < ask.from || event.offset >= ask.to || ask.bytes >= REPLY_BYTES) continue;
    // What was read is a megabyte, of which this is a part.
    kept ??= { ...event, value: Buffer.from(event.value) };
    ask.last = kept.offset;
    ask.events.push(kept);
    ask.bytes += kept.value.length;
  }
}

/** Answers those for whom there is a reply, and takes them out. */
function settle(active: Waiting[], replyTo: (ask: Waiting) => Reply | undefined): void {
  for (let index = active.length - 1; index >= 0; index -= 1) {
    const ask = active[index] as Waiting;
    const reply = replyTo(ask);
    if (!reply) continue;
    active.splice(index, 1);
    ask.resolve(reply);
  }
}

function boundsReply({ from, events }: Waiting, { low, high }: { low: number; high: number }): Reply | undefined {
  if (from < low) return { events, next: low, lostBefore: low };
  return from > high ? { events, next: from, pastEnd: true } : undefined;
}
