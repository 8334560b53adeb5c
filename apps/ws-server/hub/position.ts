/** How far the ingest has read: for each partition of each topic the next offset. What a cursor is made of. */

import { formatCursor, SUFFIXES, type Suffix, TOPICS } from '@odin/events';
import type { Start } from '../feed/feed.ts';

type Offsets = (number | undefined)[];

export class Position {
  epoch = '';
  readonly #next: Offsets[] = TOPICS.map(() => []);
  #cursor: string | undefined;

  /** Undefined while nothing is known of the partition. */
  get(topic: number, partition: number): number | undefined {
    return this.#next[topic]?.[partition];
  }

  set(topic: number, partition: number, next: number): void {
    const offsets = this.#next[topic];
    if (offsets) offsets[partition] = next;
    this.#cursor = undefined;
  }

  /** How many partitions of the topic are known. */
  partitions(topic: number): number {
    return this.#next[topic]?.length ?? 0;
  }

  /** Of every partition that is known. */
  starts(): Start[] {
    return this.#next.flatMap((offsets, topic) =>
      offsets.flatMap((next, partition) => (next === undefined ? [] : [{ topic, partition, next }])),
    );
  }

  restart(epoch: string): void {
    this.epoch = epoch;
    for (const offsets of this.#next) offsets.length = 0;
    this.#cursor = undefined;
  }

  /** Becomes what `other` is now. */
  copy(other: Position): void {
    this.epoch = other.epoch;
    for (const [topic, offsets] of other.#next.entries()) this.#next[topic] = offsets.slice();
    this.#cursor = other.#cursor;
  }

  /** Undefined before the first start of the ingest. Made once, however many clients are told. */
  cursor(): string | undefined {
    if (this.epoch === '') return undefined;
    this.#cursor ??= formatCursor({ epoch: this.epoch, next: new Map(this.#known()) });
    return this.#cursor;
  }

  #known(): [Suffix, Offsets][] {
    return SUFFIXES.flatMap((suffix, topic) => {
      const offsets = this.#next[topic] ?? [];
      return offsets.length > 0 ? [[suffix, Array.from(offsets)]] : [];
    });
  }
}
