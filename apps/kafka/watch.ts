/** Looks from outside at what a session cannot see itself: its lag, a stuck partition, a stream that changed. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaAdmin } from './admin.ts';
import { describeStream, type Stream } from './epoch.ts';
import type { Positions } from './positions.ts';
import type { TailOptions } from './tail.ts';

const WATCH_MS = 3_000;
/** A partition that has records and did not move for so many looks is stuck. */
const STUCK_LOOKS = 3;

export class Watch {
  /** Records not read yet, as of the last look. */
  lag = 0;
  /** Why the session should end. */
  ended: string | undefined;
  readonly #stopping = new AbortController();

  constructor(options: TailOptions, admin: KafkaAdmin, stream: Stream, positions: Positions) {
    void this.#run(options, admin, stream, positions);
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #run(options: TailOptions, admin: KafkaAdmin, stream: Stream, positions: Positions): Promise<void> {
    const { signal } = this.#stopping;
    const stuck = new Map<string, { next: number; looks: number }>();
    while (!signal.aborted && this.ended === undefined) {
      await sleep(WATCH_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        const now = await describeStream(options, options.topics, options.marker);
        if (!sameStream(stream, now)) this.ended = 'the topics changed';
        if (options.delivery === 'all') this.#look(stuck, await ends(admin, options.topics), positions);
      } catch {
        // Unreachable brokers are the session's to notice: a look that failed says nothing about it.
      }
    }
  }

  #look(stuck: Map<string, { next: number; looks: number }>, ends: readonly End[], positions: Positions): void {
    let lag = 0;
    for (const { topic, partition, high } of ends) {
      const next = positions.get(topic, partition) ?? high;
      const key = `${topic}/${partition}`;
      lag += Math.max(0, high - next);
      const before = stuck.get(key);
      const looks = high > next && before?.next === next ? before.looks + 1 : 0;
      stuck.set(key, { next, looks });
      if (looks >= STUCK_LOOKS) this.ended = `${key} is stuck at ${next}, the log ends at ${high}`;
    }
    this.lag = lag;
  }
}

interface End {
  readonly topic: string;
  readonly partition: number;
  readonly high: number;
}

async function ends(admin: KafkaAdmin, topics: readonly string[]): Promise<End[]> {
  const all = await Promise.all(
    topics.map(async (topic) =>
      [...(await admin.offsets(topic))].map(([partition, { high }]) => ({ topic, partition, high })),
    ),
  );
  return all.flat();
}

/** Same epoch and same partition counts. */
export function sameStream(a: Stream, b: Stream): boolean {
  return (
    a.epoch === b.epoch &&
    [...a.topics].every(([topic, { partitions }]) => b.topics.get(topic)?.partitions === partitions)
  );
}
