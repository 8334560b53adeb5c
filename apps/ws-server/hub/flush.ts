/**
 * Writes what groups have gathered. The unit of cost is one write a client a flush, so a flush waits for a window: 2 ms
 * while there is little to do, as long as the last pass took when there is much. A pass is cut into slices, between
 * which pings, accepts and the consumer get their turn.
 */

import type { Stats } from '../stats.ts';
import type { Backpressure } from './backpressure.ts';
import type { Client } from './client.ts';
import type { Batch, Group, Membership } from './group.ts';
import { Position } from './position.ts';

const WINDOW_MIN_MS = 2;
const SLICE_MS = 4;
/** Writes between two looks at the clock. */
const WRITES_PER_LOOK = 16;
/** Share of the time that passes may take while they cannot keep up. */
const SHARE_MAX = 0.95;

export class Flusher {
  readonly #backpressure: Backpressure;
  readonly #stats: Stats;
  readonly #onLatency: (seconds: number) => void;
  readonly #sliceMs: number;
  #dirty: Group[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** What the running pass still has to do. */
  #batches: Batch[] | undefined;
  #at = 0;
  /** Next member of the batch at `#at`, walked from the end; -2 when the batch has not begun. */
  #member = -2;
  #waiting: Client[] = [];
  #spentMs = 0;
  #stopped = false;
  /** How far the ingest had read when the running, and when the last complete pass began. */
  #live: Position | undefined;
  #passing = new Position();
  #passed = new Position();

  /** `onLatency` receives one sample a pass: the age of its first event when the pass ended. */
  constructor(
    backpressure: Backpressure,
    stats: Stats,
    onLatency: (seconds: number) => void,
    sliceMs: number = SLICE_MS,
  ) {
    this.#sliceMs = sliceMs;
    this.#backpressure = backpressure;
    this.#stats = stats;
    this.#onLatency = onLatency;
  }

  /** How far every client that does not lag has been written to; `live` is how far the ingest has read. */
  written(live: Position): Position {
    return this.idle ? live : this.#passed;
  }

  /** Nothing is left to write, or nothing will be written any more. */
  get idle(): boolean {
    return this.#stopped || (!this.#batches && this.#dirty.length === 0);
  }

  /** The stream began again: what was written before says nothing about it. */
  restart(): void {
    this.#passing.restart('');
    this.#passed.restart('');
  }

  mark(group: Group, live: Position): void {
    if (group.dirty) return;
    group.dirty = true;
    this.#dirty.push(group);
    this.#live = live;
    this.#schedule();
  }

  /** Writes everything a member is still owed, now: it is about to leave its group. */
  settle(membership: Membership): void {
    const { client, group } = membership;
    const current = group.current;
    const owed = client.pending ?? [];
    client.pending = undefined;
    if (current && membership.batch !== group.batches && this.#backpressure.admits(client, current)) {
      owed.push(...current.views);
      this.#count(current);
    }
    membership.batch = group.batches;
    // Also to a lagging client: no later flush of this group could tell it that these are missing.
    owed.push(...group.untaken());
    if (owed.length > 0 && client.state !== 'closing') client.write(owed);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#timer || this.#batches || this.#dirty.length === 0 || this.#stopped) return;
    const rest = (this.#spentMs * (1 - SHARE_MAX)) / SHARE_MAX;
    this.#timer = setTimeout(() => this.#begin(), Math.max(WINDOW_MIN_MS, rest));
  }

  #begin(): void {
    this.#timer = undefined;
    const groups = this.#dirty;
    this.#dirty = [];
    if (this.#live) this.#passing.copy(this.#live);
    this.#batches = groups.map((group) => {
      group.dirty = false;
      return group.take();
    });
    this.#at = 0;
    this.#member = -2;
    this.#spentMs = 0;
    this.#slice();
  }

  readonly #slice = (): void => {
    const startedAt = performance.now();
    let writes = 0;
    while (this.#step()) {
      writes += 1;
      if (writes % WRITES_PER_LOOK === 0 && performance.now() - startedAt > this.#sliceMs) {
        this.#spentMs += performance.now() - startedAt;
        setImmediate(this.#slice);
        return;
      }
    }
    this.#spentMs += performance.now() - startedAt;
    this.#end();
  };

  /** One member or one waiting client; false when the pass is done. */
  #step(): boolean {
    const batch = this.#batches?.[this.#at];
    if (!batch) return this.#writeWaiting();
    const { members } = batch.group;
    if (this.#member === -2) this.#member = members.length - 1;
    // Members may have left since the last slice.
    if (this.#member >= members.length) this.#member = members.length - 1;
    const membership = members[this.#member];
    if (membership) this.#hand(membership, batch);
    this.#member -= 1;
    if (this.#member < 0) {
      this.#at += 1;
      this.#member = -2;
    }
    return true;
  }

  #hand(membership: Membership, batch: Batch): void {
    if (membership.batch === batch.group.batches) return;
    membership.batch = batch.group.batches;
    const { client } = membership;
    if (!this.#backpressure.admits(client, batch)) return;
    this.#count(batch);
    if (client.memberships.size === 1 && !client.pending) {
      client.write(batch.views);
      return;
    }
    if (client.pending) {
      client.pending.push(...batch.views);
      return;
    }
    client.pending = [...batch.views];
    this.#waiting.push(client);
  }

  #writeWaiting(): boolean {
    const client = this.#waiting.pop();
    if (!client) return false;
    const views = client.pending;
    client.pending = undefined;
    if (views && client.state !== 'closing') client.write(views);
    return true;
  }

  #count({ group, records, bytes }: Batch): void {
    if (group.probe) return;
    this.#stats.messagesSent += records;
    this.#stats.bytesSent += bytes;
  }

  #end(): void {
    const batches = this.#batches ?? [];
    this.#batches = undefined;
    [this.#passed, this.#passing] = [this.#passing, this.#passed];
    for (const { group } of batches) group.current = undefined;
    this.#stats.flushes += 1;
    const sample = batches.find(({ group, records }) => !group.probe && records > 0);
    if (sample) this.#onLatency(Math.max(0, Date.now() - sample.firstTs) / 1000);
    this.#schedule();
  }
}
