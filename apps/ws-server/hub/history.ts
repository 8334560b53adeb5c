/**
 * The recent frames of all tokens, in the order they came, bounded in seconds and bytes. Frames lie in blocks of bytes
 * and what is known of them in typed arrays, so that a million of them cost the collector nothing. Each entry knows the
 * one before it of its token and topic: a resume walks only what it will send.
 */

import { TOPICS } from '@odin/events';

const ENTRIES = 4_096;
const BLOCK_MAX_BYTES = 256 * 1024;
const ENTRY_BYTES = 29;
/** So many segments at least share the budget: the oldest is dropped as a whole. */
const SEGMENTS_MIN = 16;

export interface HistoryLimits {
  /** 0: nothing is kept. */
  readonly bytes: number;
  readonly seconds: number;
}

/** The newest entry of a token on each topic; -1: none. */
export type Tips = Float64Array;

export const noTips = (): Tips => new Float64Array(TOPICS.length).fill(-1);

class Segment {
  readonly blocks: Buffer[] = [];
  used = 0;
  bytes = ENTRIES * ENTRY_BYTES;
  count = 0;
  newestAt = 0;
  readonly topic = new Uint8Array(ENTRIES);
  readonly partition = new Uint16Array(ENTRIES);
  readonly offset = new Float64Array(ENTRIES);
  readonly block = new Uint16Array(ENTRIES);
  readonly start = new Uint32Array(ENTRIES);
  readonly length = new Uint32Array(ENTRIES);
  readonly previous = new Float64Array(ENTRIES);

  /** A copy of `frame` at the end. */
  put(frame: Buffer, blockBytes: number): void {
    let block = this.blocks.at(-1);
    if (!block || this.used + frame.length > block.length) {
      block = Buffer.allocUnsafeSlow(Math.max(blockBytes, frame.length));
      this.blocks.push(block);
      this.bytes += block.length;
      this.used = 0;
    }
    block.set(frame, this.used);
    this.block[this.count] = this.blocks.length - 1;
    this.start[this.count] = this.used;
    this.length[this.count] = frame.length;
    this.used += frame.length;
  }

  frame(slot: number): Buffer {
    const start = this.start[slot] ?? 0;
    const block = this.blocks[this.block[slot] ?? 0] ?? Buffer.alloc(0);
    return block.subarray(start, start + (this.length[slot] ?? 0));
  }
}

export class History {
  readonly #limits: HistoryLimits;
  readonly #blockBytes: number;
  readonly #onEvict: (first: number) => void;
  #segments: Segment[] = [];
  /** Entry n is in segment n / ENTRIES, counted from the first ever. */
  #firstSegment = 0;
  bytes = 0;
  /** By topic and partition: everything from this offset on is here. */
  #floors: number[][] = TOPICS.map(() => []);

  /** `onEvict` hears the number of the oldest entry left. */
  constructor(limits: HistoryLimits, onEvict: (first: number) => void) {
    this.#limits = limits;
    this.#blockBytes = Math.max(4 * 1024, Math.min(BLOCK_MAX_BYTES, Math.floor(limits.bytes / SEGMENTS_MIN / 4)));
    this.#onEvict = onEvict;
  }

  get keeps(): boolean {
    return this.#limits.bytes > 0 && this.#limits.seconds > 0;
  }

  /** Number of the oldest entry that is still here. */
  get first(): number {
    return this.#firstSegment * ENTRIES;
  }

  /** Infinity when nothing is known of the partition. */
  floor(topic: number, partition: number): number {
    return (this.keeps ? this.#floors[topic]?.[partition] : undefined) ?? Number.POSITIVE_INFINITY;
  }

  raiseFloor(topic: number, partition: number, offset: number): void {
    const floors = this.#floors[topic];
    if (floors) floors[partition] = offset;
  }

  clear(): void {
    this.#firstSegment += this.#segments.length;
    this.#segments = [];
    this.bytes = 0;
    this.#floors = TOPICS.map(() => []);
    this.#onEvict(this.first);
  }

  append(tips: Tips, topic: number, partition: number, offset: number, frame: Buffer, now = Date.now()): void {
    const segment = this.#room(now);
    const before = segment.bytes;
    segment.put(frame, this.#blockBytes);
    this.bytes += segment.bytes - before;
    const slot = segment.count;
    segment.topic[slot] = topic;
    segment.partition[slot] = partition;
    segment.offset[slot] = offset;
    segment.previous[slot] = tips[topic] ?? -1;
    segment.newestAt = now;
    segment.count += 1;
    tips[topic] = (this.#firstSegment + this.#segments.length - 1) * ENTRIES + slot;
  }

  /**
   * The frames with offsets from `next[topic]` (NaN: not wanted) up to, not including, `before(topic)`, in the order
   * they came, at most about `maxBytes`. Moves `next` behind what it returns; `complete` when that is all.
   */
  collect(tips: Tips, next: Float64Array, before: (topic: number) => number, maxBytes: number) {
    const entries: number[] = [];
    for (let topic = 0; topic < tips.length; topic += 1) {
      const from = next[topic] ?? Number.NaN;
      const end = before(topic);
      this.walk(tips[topic] ?? -1, (entry, offset) => {
        if (!(offset >= from)) return false;
        if (offset < end) entries.push(entry);
        return true;
      });
    }
    entries.sort((a, b) => a - b);
    const frames: Buffer[] = [];
    let bytes = 0;
    for (const entry of entries) {
      if (bytes >= maxBytes) break;
      const { segment, slot } = this.#at(entry);
      const frame = segment.frame(slot);
      frames.push(frame);
      bytes += frame.length;
      next[segment.topic[slot] ?? 0] = (segment.offset[slot] ?? 0) + 1;
    }
    return { frames, bytes, complete: frames.length === entries.length };
  }

  /** From `entry` back along its token and topic, until `visit` returns false or the rest was dropped. */
  walk(entry: number, visit: (entry: number, offset: number, frame: () => Buffer) => boolean): void {
    for (let at = entry; at >= this.first; ) {
      const { segment, slot } = this.#at(at);
      if (!visit(at, segment.offset[slot] ?? 0, () => segment.frame(slot))) return;
      at = segment.previous[slot] ?? -1;
    }
  }

  #at(entry: number): { segment: Segment; slot: number } {
    const segment = this.#segments[Math.floor(entry / ENTRIES) - this.#firstSegment];
    if (!segment) throw new RangeError(`history has no entry ${entry}`);
    return { segment, slot: entry % ENTRIES };
  }

  #room(now: number): Segment {
    let segment = this.#segments.at(-1);
    const share = this.#limits.bytes / SEGMENTS_MIN;
    if (!segment || segment.count === ENTRIES || segment.bytes - ENTRIES * ENTRY_BYTES > share) {
      this.#evict(now);
      segment = new Segment();
      this.#segments.push(segment);
      this.bytes += segment.bytes;
    }
    return segment;
  }

  #evict(now: number): void {
    const oldest = now - this.#limits.seconds * 1000;
    let evicted = false;
    for (let segment = this.#segments[0]; segment; segment = this.#segments[0]) {
      if (this.bytes <= this.#limits.bytes && segment.newestAt >= oldest) break;
      for (let slot = 0; slot < segment.count; slot += 1) {
        const floors = this.#floors[segment.topic[slot] ?? 0];
        if (floors) floors[segment.partition[slot] ?? 0] = (segment.offset[slot] ?? 0) + 1;
      }
      this.#segments.shift();
      this.#firstSegment += 1;
      this.bytes -= segment.bytes;
      evicted = true;
    }
    if (evicted) this.#onEvict(this.first);
  }
}
