/**
 * Reads topics from now on, and keeps reading: it survives a broker that is killed, unreachable or replaced, topics that
 * are recreated or grow, and retention that passes it. Within one epoch nothing is skipped untold: every record is
 * delivered (some twice) or reported as a gap.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, silent } from '@odin/runtime';
import type { Batch } from 'kafkajs';
import { createAdmin, type KafkaAdmin } from './admin.ts';
import { describeStream, type Stream } from './epoch.ts';
import { Groups } from './groups.ts';
import type { KafkaOptions } from './options.ts';
import { type LogGap, type Position, Positions } from './positions.ts';
import { type FeedRecord, toRecord } from './record.ts';
import { createSession, SESSION_TIMEOUT_MS, type Session } from './session.ts';
import { Watch } from './watch.ts';

/** A fetch is answered at least every 500 ms; four missed ones are ill health. */
const FRESH_MS = 2_000;
/** Longer without an answer, and the consumer is replaced. */
const STALE_MS = 5_000;
const CHECK_MS = 250;
/** By then the members of earlier groups have timed out, so that these can be deleted. */
const SWEEP_AFTER_MS = SESSION_TIMEOUT_MS + 2_000;
const BACKOFF_MIN_MS = 250;
const BACKOFF_MAX_MS = 2_000;

/** Where another tail of the same stream was. */
export interface TailStart {
  readonly epoch: string;
  readonly positions: readonly Position[];
}

export interface TailOptions extends KafkaOptions {
  /** The setting that all instances share. */
  readonly groupId: string;
  /** Name of this instance, part of the names of its own groups. */
  readonly instance: string;
  /** `all`: every partition, in groups of this instance. `partitioned`: the shared group, split by the broker. */
  readonly delivery: 'all' | 'partitioned';
  readonly topics: readonly string[];
  /** A topic whose identity is part of the epoch. */
  readonly marker?: string;
  /** Goes on from there, if one is of the epoch that is found. */
  readonly from?: readonly TailStart[];
  /** What it returns is waited for before more are read. */
  readonly onRecords: (epoch: string, records: readonly FeedRecord[]) => void | Promise<void>;
  readonly onEpoch?: (epoch: string) => void;
  /** Before the first records of a session: where it starts. Empty when the broker decides (`partitioned`). */
  readonly onStart?: (epoch: string, positions: readonly Position[]) => void;
  readonly onGap?: (epoch: string, gaps: readonly LogGap[]) => void;
}

export interface TailHealth {
  /** All partitions are assigned (`partitioned`: at least one) and a fetch was answered just now. */
  readonly healthy: boolean;
  readonly epoch: string | undefined;
  readonly assigned: number;
  readonly partitions: number;
  /** Milliseconds since a broker last answered a fetch; null before the first. */
  readonly fetchedMsAgo: number | null;
  /** Records in the log and not yet read, as of a few seconds ago. */
  readonly lag: number;
  readonly recoveries: number;
  /** Why it is not healthy. */
  readonly reason?: string;
}

export interface Tail {
  health(): TailHealth;
  stop(): Promise<void>;
}

export function startTail(options: TailOptions): Tail {
  const tail = new TailLoop(options);
  const running = tail.run();
  return {
    health: () => tail.health(),
    stop: async () => {
      tail.stop();
      await running;
    },
  };
}

class TailLoop {
  readonly #options: TailOptions;
  readonly #positions = new Positions();
  readonly #groups: Groups;
  readonly #stopping = new AbortController();
  #stream: Stream | undefined;
  #session: Session | undefined;
  #watch: Watch | undefined;
  #ended: string | undefined;
  #reason = 'not connected yet';
  #recoveries = 0;
  /** The hole that ended the last session: met again, it is in the log itself. */
  #hole = '';

  constructor(options: TailOptions) {
    this.#options = options;
    this.#groups = new Groups(options);
  }

  stop(): void {
    this.#stopping.abort();
  }

  async run(): Promise<void> {
    const { signal } = this.#stopping;
    const log = this.#options.logger ?? silent;
    let backoff = BACKOFF_MIN_MS;
    let told: string | undefined;
    while (!signal.aborted) {
      const startedAt = Date.now();
      try {
        this.#reason = await this.#runSession(signal, () => {
          told = undefined;
        });
      } catch (error) {
        this.#reason = messageOf(error);
      }
      if (signal.aborted) return;
      this.#recoveries += 1;
      backoff = Date.now() - startedAt > STALE_MS ? BACKOFF_MIN_MS : Math.min(backoff * 2, BACKOFF_MAX_MS);
      // An outage is told once, not once a try.
      if (this.#reason !== told) log.warn('kafka consumer ended, starting another', { reason: this.#reason });
      told = this.#reason;
      await sleep(backoff, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Resolves with the reason why the session ended. */
  async #runSession(signal: AbortSignal, onStarted: () => void): Promise<string> {
    const { topics, marker, delivery, logger } = this.#options;
    const stream = await describeStream(this.#options, topics, marker);
    const admin = await createAdmin(this.#options);
    const all = delivery === 'all';
    const groupId = all ? this.#groups.next() : this.#options.groupId;
    this.#ended = undefined;
    const session = createSession({
      kafka: this.#options,
      groupId,
      topics,
      positions: () => (all ? this.#positions.all() : []),
      commit: !all,
      onBatch: (batch) => this.#deliver(stream, batch),
      onEnd: (reason) => {
        this.#ended ??= reason;
      },
    });
    let sweep: NodeJS.Timeout | undefined;
    try {
      await this.#reposition(stream, admin);
      if (all) sweep = setTimeout(() => void this.#groups.sweep(admin), SWEEP_AFTER_MS);
      await session.start();
      this.#session = session;
      this.#watch = new Watch(this.#options, admin, stream, this.#positions);
      logger?.info('kafka consumer started', { groupId, epoch: stream.epoch, assigned: session.assigned() });
      onStarted();
      const startedAt = Date.now();
      while (!signal.aborted) {
        const reason = this.#ended ?? this.#watch.ended ?? staleness(session, startedAt);
        if (reason) return reason;
        await sleep(CHECK_MS, undefined, { signal }).catch(() => undefined);
      }
      return 'stopped';
    } finally {
      this.#session = undefined;
      this.#watch?.stop();
      clearTimeout(sweep);
      await session.stop();
      const leave = async () => {
        if (all && signal.aborted) await this.#groups.sweep(admin);
        if (all) await this.#groups.drop(groupId, admin);
        await admin.close();
      };
      // A recovery does not wait for it: the broker may be gone.
      if (signal.aborted) await leave();
      else void leave();
    }
  }

  /** Where the new session starts: our own offsets, made readable, and every difference told. */
  async #reposition(stream: Stream, admin: KafkaAdmin): Promise<void> {
    const { topics, from, onEpoch, onStart, onGap } = this.#options;
    const before = this.#stream;
    if (!before) {
      const start = from?.find(({ epoch }) => epoch === stream.epoch);
      for (const { topic, partition, next } of start?.positions ?? []) this.#positions.set(topic, partition, next);
    }
    for (const topic of topics) {
      if (before && before.topics.get(topic)?.id !== stream.topics.get(topic)?.id) this.#positions.restart(topic);
    }
    this.#stream = stream;
    if (before?.epoch !== stream.epoch) onEpoch?.(stream.epoch);
    if (this.#options.delivery === 'partitioned') {
      onStart?.(stream.epoch, []);
      return;
    }
    const logs = await Promise.all(topics.map(async (topic) => ({ topic, log: await admin.offsets(topic) })));
    const gaps = logs.flatMap(({ topic, log }) => this.#positions.fit(topic, log));
    onStart?.(stream.epoch, this.#positions.all());
    if (gaps.length > 0) onGap?.(stream.epoch, gaps);
  }

  #deliver(stream: Stream, batch: Batch): void | Promise<void> {
    const { topic, partition } = batch;
    const records = batch.messages.map((message) => toRecord(message, topic, partition));
    const next = this.#options.delivery === 'all' ? this.#positions.get(topic, partition) : undefined;
    const first = records[0]?.offset;
    const last = records.at(-1)?.offset;
    if (first === undefined || last === undefined || this.#ended) return;
    if (next !== undefined && last < next) {
      this.#ended = `${topic}/${partition} went back to ${last} before ${next}: recreated?`;
      return;
    }
    if (next !== undefined && first > next && !this.#acceptsHole(topic, partition, next, first)) return;
    this.#positions.set(topic, partition, last + 1);
    const fresh = next === undefined || first >= next ? records : records.filter(({ offset }) => offset >= next);
    return this.#options.onRecords(stream.epoch, fresh);
  }

  #acceptsHole(topic: string, partition: number, next: number, first: number): boolean {
    const hole = `${topic}/${partition}:${next}-${first}`;
    if (this.#hole === hole) {
      this.#options.onGap?.(this.#stream?.epoch ?? '', [{ topic, partition, from: next, to: first - 1 }]);
      return true;
    }
    this.#hole = hole;
    this.#ended = `${topic}/${partition} jumped from ${next} to ${first}`;
    return false;
  }

  health(): TailHealth {
    const session = this.#session;
    const partitions = [...(this.#stream?.topics.values() ?? [])].reduce((sum, topic) => sum + topic.partitions, 0);
    const assigned = session?.assigned() ?? 0;
    const fetchedMsAgo = session?.fetchedAt() ? Date.now() - session.fetchedAt() : null;
    const enough = this.#options.delivery === 'all' ? partitions > 0 && assigned === partitions : assigned > 0;
    const fresh = fetchedMsAgo !== null && fetchedMsAgo < FRESH_MS;
    const reason = !session ? this.#reason : !enough ? 'not all partitions are assigned' : 'no fetch was answered';
    return {
      healthy: enough && fresh,
      epoch: this.#stream?.epoch,
      assigned,
      partitions,
      fetchedMsAgo,
      lag: this.#watch?.lag ?? 0,
      recoveries: this.#recoveries,
      ...(!(enough && fresh) && { reason }),
    };
  }
}

function staleness(session: Session, startedAt: number): string | undefined {
  const silentMs = Date.now() - Math.max(session.fetchedAt(), startedAt);
  return silentMs > STALE_MS ? `no fetch was answered for ${silentMs} ms` : undefined;
}
