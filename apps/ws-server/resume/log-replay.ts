/**
 * What memory no longer holds, read again from Kafka. One reader for all clients: whoever wants records of a partition
 * is served by one scan of it, few partitions are scanned at once, and records are read at a bounded rate.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { topicIndex } from '@odin/events';
import type { FeedRecord, LogReader } from '@odin/kafka';
import type { Hub } from '../hub/hub.ts';
import { eventOf } from '../ingest/ingest.ts';
import { Repeats } from '../ingest/repeats.ts';
import { Pace } from './pace.ts';

const SCANS_MAX = 4;
/** Each holds at most REPLY_BYTES and one frame. */
const ASKS_MAX = 1_000;
const REPLY_BYTES = 64 * 1024;
const TRIES = 3;
const RETRY_MS = 500;

export interface Ask {
  readonly topic: string;
  readonly partition: number;
  readonly token: string;
  readonly from: number;
  /** Not included. With from = to only the log's bounds are checked. */
  readonly to: number;
}

export interface Reply {
  /** Copies, oldest first. */
  readonly frames: readonly Buffer[];
  /** Where to go on. */
  readonly next: number;
  /** The log begins here now: what is before is lost. */
  readonly lostBefore?: number;
  /** `from` is behind the end of the log. */
  readonly pastEnd?: true;
}

interface Waiting extends Ask {
  readonly frames: Buffer[];
  bytes: number;
  /** Offset of the last frame. */
  last: number;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

export class LogReplay {
  readonly #reader: LogReader;
  readonly #hub: Hub;
  readonly #pace: Pace;
  readonly #queues = new Map<string, Waiting[]>();
  #asks = 0;
  #scanning = 0;
  readonly #turns: (() => void)[] = [];

  constructor(reader: LogReader, hub: Hub, recordsPerSecond: number) {
    this.#reader = reader;
    this.#hub = hub;
    this.#pace = new Pace(recordsPerSecond);
  }

  /** Rejects when Kafka cannot be read, or too many clients wait already. */
  async read(ask: Ask): Promise<Reply> {
    if (this.#asks >= ASKS_MAX) throw new Error('too many clients are resuming');
    this.#asks += 1;
    try {
      return await new Promise<Reply>((resolve, reject) => {
        const waiting: Waiting = { ...ask, frames: [], bytes: 0, last: -1, resolve, reject };
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
      for (const record of records) this.#hand(record, topicIndex(topic), byToken, repeats);
      const ended = records.length === 0 && next === at;
      settle(active, ({ frames, bytes, last, to }) => {
        if (bytes >= REPLY_BYTES) return { frames, next: last + 1 };
        return next >= to || ended ? { frames, next: to } : undefined;
      });
      at = next;
      // Who came meanwhile for what is still ahead rides along; the others wait for the next scan.
      for (let index = queue.length - 1; index >= 0; index -= 1) {
        if ((queue[index]?.from ?? -1) >= at) active.push(...queue.splice(index, 1));
      }
    }
  }

  #hand(record: FeedRecord, topic: number, byToken: Map<string, Waiting[]>, repeats: Repeats): void {
    const event = eventOf(record);
    if ('dropped' in event || repeats.isRepeat(record)) return;
    for (const ask of byToken.get(event.token) ?? []) {
      if (record.offset < ask.from || record.offset >= ask.to || ask.bytes >= REPLY_BYTES) continue;
      const frame = Buffer.from(this.#hub.frame(event.token, topic, record, event.value));
      ask.last = record.offset;
      ask.frames.push(frame);
      ask.bytes += frame.length;
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

function boundsReply({ from, frames }: Waiting, { low, high }: { low: number; high: number }): Reply | undefined {
  if (from < low) return { frames, next: low, lostBefore: low };
  return from > high ? { frames, next: from, pastEnd: true } : undefined;
}
