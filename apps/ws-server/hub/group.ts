/**
 * The clients that want the same channels of one token. Almost all want all of a token's channels, so a token has one
 * group, at most a few. An event is appended once a group, however many clients it has.
 */

import { channelName, type GapRange, TOPICS, topicIndex } from '@odin/events';
import type { Client } from './client.ts';
import { Slab } from './slab.ts';

/** One client in one group. */
export interface Membership {
  readonly client: Client;
  readonly group: Group;
  /** Its place in `group.members`. */
  index: number;
  /** Number of the group's last batch that was handed to the client, or that it came too late for. */
  batch: number;
}

/** What a flush takes from a group at once. */
export interface Batch {
  readonly group: Group;
  readonly views: readonly Buffer[];
  readonly records: number;
  readonly bytes: number;
  /** Timestamp of its first event, milliseconds since 1970. */
  readonly firstTs: number;
}

export class Group {
  readonly token: string;
  /** Bit i: channel of TOPICS[i]. */
  readonly mask: number;
  /** Reserved for the gate: counts in no rate. */
  readonly probe: boolean;
  readonly members: Membership[] = [];
  /** Set while the group waits for a flush. */
  dirty = false;
  /** The batch being flushed just now. */
  current: Batch | undefined;
  batches = 0;
  #records = 0;
  #firstTs = 0;
  readonly #slab = new Slab();
  // By topic. A token has one partition a topic, so one offset says where a channel stands.
  readonly #partition = new Int32Array(TOPICS.length).fill(-1);
  readonly #first = new Float64Array(TOPICS.length).fill(-1);
  readonly #appended = new Float64Array(TOPICS.length).fill(-1);
  readonly #flushed = new Float64Array(TOPICS.length).fill(-1);
  readonly #before = new Float64Array(TOPICS.length).fill(-1);
  /** First offset that no flush has taken yet. */
  readonly #untaken = new Float64Array(TOPICS.length).fill(Number.POSITIVE_INFINITY);

  constructor(token: string, mask: number, probe: boolean) {
    this.token = token;
    this.mask = mask;
    this.probe = probe;
  }

  add(client: Client): Membership {
    const membership = { client, group: this, index: this.members.length, batch: this.batches };
    this.members.push(membership);
    return membership;
  }

  /** The last member takes the place: a flush walks from the end, so it meets nobody twice and misses nobody. */
  remove({ index }: Membership): void {
    const last = this.members.pop();
    if (last && index < this.members.length) {
      last.index = index;
      this.members[index] = last;
    }
  }

  append(frame: Buffer, topic: number, partition: number, offset: number, ts: number): void {
    if (this.#records === 0) this.#firstTs = ts;
    this.#records += 1;
    this.#slab.append(frame);
    if (this.#partition[topic] !== partition) {
      this.#partition[topic] = partition;
      this.#first[topic] = offset;
    }
    this.#appended[topic] = offset;
    if (offset < (this.#untaken[topic] ?? 0)) this.#untaken[topic] = offset;
  }

  /** A message for all members, in order with the events; `gaps` are what they will not see. */
  notice(frame: Buffer, gaps: readonly GapRange[] = []): void {
    this.#slab.append(frame);
    for (const { topic: name, partition, from, to } of gaps) {
      const topic = topicIndex(name);
      // For a member that lags: its own gap, later, covers this one.
      if (this.#partition[topic] !== partition) this.#first[topic] = from;
      this.#partition[topic] = partition;
      this.#appended[topic] = to;
    }
  }

  take(): Batch {
    const views = this.#slab.take();
    const batch = {
      group: this,
      views,
      records: this.#records,
      bytes: views.reduce((sum, view) => sum + view.length, 0),
      firstTs: this.#firstTs,
    };
    this.#records = 0;
    this.#before.set(this.#flushed);
    this.#flushed.set(this.#appended);
    this.#untaken.fill(Number.POSITIVE_INFINITY);
    this.current = batch;
    this.batches += 1;
    return batch;
  }

  /** Events of a topic before this offset were taken by a flush; a new member is sent the others. */
  takenBefore(topic: number): number {
    return this.#untaken[topic] ?? Number.POSITIVE_INFINITY;
  }

  /** Frames that no flush has taken yet. */
  untaken(): Buffer[] {
    return this.#slab.peek();
  }

  /** Where each channel stood before the batch being flushed; pass it to `missed` later. */
  standing(): Float64Array {
    return this.#before.slice();
  }

  /** What was flushed since `standing`, as ranges of offsets. They may hold other tokens' events as well. */
  missed(standing: Float64Array): GapRange[] {
    return TOPICS.flatMap(({ name, suffix }, topic) => {
      const to = this.#flushed[topic] ?? -1;
      const before = standing[topic] ?? -1;
      if (to < 0 || to === before) return [];
      const from = before < 0 || before > to ? (this.#first[topic] ?? 0) : before + 1;
      const partition = this.#partition[topic] ?? 0;
      return [{ channel: channelName(this.token, suffix), topic: name, partition, from, to }];
    });
  }
}
