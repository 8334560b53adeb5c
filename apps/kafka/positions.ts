/** Which offset comes next, for each partition of each topic. The consumer's own memory, kept across its sessions. */

import type { OffsetRange } from './admin.ts';

/** Records that were never delivered: `from` and `to` are both inclusive. */
export interface LogGap {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

export interface Position {
  readonly topic: string;
  readonly partition: number;
  readonly next: number;
}

export class Positions {
  readonly #next = new Map<string, Map<number, number>>();

  get(topic: string, partition: number): number | undefined {
    return this.#next.get(topic)?.get(partition);
  }

  set(topic: string, partition: number, next: number): void {
    let partitions = this.#next.get(topic);
    if (!partitions) {
      partitions = new Map();
      this.#next.set(topic, partitions);
    }
    partitions.set(partition, next);
  }

  /** The topic began a new life: its offsets mean nothing any more, and everything in it is new. */
  restart(topic: string): void {
    for (const partition of this.#next.get(topic)?.keys() ?? []) this.set(topic, partition, 0);
  }

  /**
   * Makes the positions readable: a partition never seen starts at the end of its log (at its beginning when the topic
   * is known, since then the partition is new), one that retention or truncation passed moves to what is there.
   */
  fit(topic: string, log: ReadonlyMap<number, OffsetRange>): LogGap[] {
    const gaps: LogGap[] = [];
    const known = this.#next.has(topic);
    for (const [partition, { low, high }] of log) {
      const next = this.get(topic, partition);
      if (next === undefined) {
        this.set(topic, partition, known ? low : high);
      } else if (next < low) {
        // A topic's new life starts at 0; what retention took of it before we came is a gap like any other.
        gaps.push({ topic, partition, from: next, to: low - 1 });
        this.set(topic, partition, low);
      } else if (next > high) {
        gaps.push({ topic, partition, from: high, to: next - 1 });
        this.set(topic, partition, high);
      }
    }
    return gaps;
  }

  all(): Position[] {
    return [...this.#next].flatMap(([topic, partitions]) =>
      [...partitions].map(([partition, next]) => ({ topic, partition, next })),
    );
  }
}
