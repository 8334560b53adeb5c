/** Tokens, their groups, and who is in them. Events come in at `publish`; the flusher takes them out. */

import { channelName, envelopePrefix, PROBE_TOKEN, SUFFIXES, type Suffix, TOPICS } from '@odin/events';
import { partitionOfKey } from '@odin/kafka';
import type { FeedEvent } from '../feed/feed.ts';
import type { Client } from './client.ts';
import type { Flusher } from './flush.ts';
import { EnvelopeFrames } from './frames.ts';
import { Group } from './group.ts';
import { History, type HistoryLimits, noTips, type Tips } from './history.ts';
import { Position } from './position.ts';

interface Token {
  readonly groups: Group[];
  /** By topic: the part of an envelope that all events of this token on that topic share. */
  readonly prefixes: ({ readonly epoch: string; readonly partition: number; readonly bytes: Buffer } | undefined)[];
  /** Its newest entries in the history. */
  readonly tips: Tips;
}

export class Hub {
  /** How far the ingest has read. */
  readonly position = new Position();
  readonly history: History;
  readonly #tokens = new Map<string, Token>();
  readonly #frames = new EnvelopeFrames();
  readonly #flusher: Flusher;
  /** Tokens with at least one client. */
  #subscribed = 0;

  constructor(flusher: Flusher, history: HistoryLimits) {
    this.#flusher = flusher;
    this.history = new History(history, (first) => this.#forget(first));
  }

  get tokens(): number {
    return this.#subscribed;
  }

  /** How far every client that does not lag has been written to. */
  get written(): Position {
    return this.#flusher.written(this.position);
  }

  /** Whether everything published was written to every client that does not lag. */
  get settled(): boolean {
    return this.#flusher.idle;
  }

  /** A new epoch: nothing that is remembered belongs to it. */
  restart(epoch: string): void {
    this.position.restart(epoch);
    this.#flusher.restart();
    this.history.clear();
  }

  /** The next records of the partition begin at `offset`. After a jump, memory is complete only from there. */
  seek(topic: number, partition: number, offset: number): void {
    if (this.position.get(topic, partition) === offset) return;
    this.history.raiseFloor(topic, partition, offset);
    this.position.set(topic, partition, offset);
  }

  /**
   * `topic` is the index in TOPICS. The caller moves the position, before anything else runs: once a slice, since all
   * offsets of a slice belong together.
   */
  publish(topic: number, partition: number, event: FeedEvent): void {
    const { keeps } = this.history;
    const { token, offset, timestamp } = event;
    const known = this.#tokens.get(token) ?? (keeps ? this.#remember(token) : undefined);
    if (!known) return;
    const bit = 1 << topic;
    let frame: Buffer | undefined;
    if (keeps) {
      frame = this.#frame(known, topic, partition, event);
      this.history.append(known.tips, topic, partition, offset, frame);
    }
    for (const group of known.groups) {
      if ((group.mask & bit) === 0) continue;
      frame ??= this.#frame(known, topic, partition, event);
      group.append(frame, topic, partition, offset, timestamp);
      this.#flusher.mark(group, this.position);
    }
  }

  /** The frame of an event that was read again. Valid until the next frame is built. */
  frame(topic: number, partition: number, event: FeedEvent): Buffer {
    return this.#frame(this.#tokens.get(event.token) ?? emptyToken(), topic, partition, event);
  }

  /** All groups, for what concerns their members. */
  *groups(): Iterable<Group> {
    for (const { groups } of this.#tokens.values()) yield* groups;
  }

  /** Writes a group's notices with its next flush. */
  flush(group: Group): void {
    this.#flusher.mark(group, this.position);
  }

  /** Adds channels of a token to what the client has. */
  subscribe(client: Client, token: string, suffixes: readonly Suffix[]): void {
    this.join(client, token, maskOf(suffixes));
  }

  unsubscribe(client: Client, token: string, suffixes: readonly Suffix[]): void {
    this.#move(client, token, this.maskOf(client, token) & ~maskOf(suffixes));
  }

  /** Adds the topics of `mask`. */
  join(client: Client, token: string, mask: number): void {
    this.#move(client, token, this.maskOf(client, token) | mask);
  }

  /** The topics of the token that the client has. */
  maskOf(client: Client, token: string): number {
    return client.memberships.get(token)?.group.mask ?? 0;
  }

  channels(client: Client): string[] {
    return [...client.memberships.values()].flatMap(({ group }) => channelsOf(group.token, group.mask));
  }

  /** The client is gone, or begins again. */
  remove(client: Client): void {
    for (const membership of client.memberships.values()) {
      membership.group.remove(membership);
      this.#prune(membership.group.token, membership.group);
    }
    client.memberships.clear();
  }

  /** Writes what the client is owed of every group. */
  settle(client: Client): void {
    for (const membership of client.memberships.values()) this.#flusher.settle(membership);
  }

  /** The partition of the topic that holds the token; undefined while the topic's partitions are not known. */
  partitionOf(token: string, topic: number): number | undefined {
    const seen = this.#tokens.get(token)?.prefixes[topic];
    if (seen?.epoch === this.position.epoch) return seen.partition;
    const partitions = this.position.partitions(topic);
    return partitions > 0 ? partitionOfKey(token, partitions) : undefined;
  }

  /**
   * Frames from memory, from `next` up to where a flush will go on for a client that joins with `mask` right away.
   * See History.collect.
   */
  collect(token: string, mask: number, next: Float64Array, maxBytes: number) {
    const known = this.#tokens.get(token);
    if (!known) return { frames: [], bytes: 0, complete: true };
    const group = known.groups.find((other) => other.mask === mask);
    const before = (topic: number) => group?.takenBefore(topic) ?? Number.POSITIVE_INFINITY;
    return this.history.collect(known.tips, next, before, maxBytes);
  }

  /** The newest entry of the token on the topic, for History.walk. */
  tip(token: string, topic: number): number {
    return this.#tokens.get(token)?.tips[topic] ?? -1;
  }

  #move(client: Client, token: string, mask: number): void {
    const before = client.memberships.get(token);
    if ((before?.group.mask ?? 0) === mask) return;
    if (before) {
      this.#flusher.settle(before);
      before.group.remove(before);
      client.memberships.delete(token);
    }
    if (mask !== 0) client.memberships.set(this.#group(token, mask).add(client));
    if (before) this.#prune(token, before.group);
  }

  #group(token: string, mask: number): Group {
    const known = this.#tokens.get(token) ?? this.#remember(token);
    let group = known.groups.find((other) => other.mask === mask);
    if (!group) {
      group = new Group(token, mask, token === PROBE_TOKEN);
      if (known.groups.length === 0) this.#subscribed += 1;
      known.groups.push(group);
    }
    return group;
  }

  #remember(token: string): Token {
    const known = emptyToken();
    this.#tokens.set(token, known);
    return known;
  }

  #prune(token: string, group: Group): void {
    if (group.members.length > 0) return;
    const known = this.#tokens.get(token);
    const at = known?.groups.indexOf(group) ?? -1;
    if (!known || at < 0) return;
    known.groups.splice(at, 1);
    if (known.groups.length > 0) return;
    this.#subscribed -= 1;
    if (isForgotten(known, this.history.first)) this.#tokens.delete(token);
  }

  /** Tokens that nobody has and the history no longer holds. */
  #forget(first: number): void {
    for (const [token, known] of this.#tokens) {
      if (known.groups.length === 0 && isForgotten(known, first)) this.#tokens.delete(token);
    }
  }

  #frame(known: Token, topic: number, partition: number, { token, offset, timestamp, value }: FeedEvent): Buffer {
    const { epoch } = this.position;
    let prefix = known.prefixes[topic];
    const from = TOPICS[topic];
    if (from && (prefix?.epoch !== epoch || prefix.partition !== partition)) {
      const text = envelopePrefix({ epoch, token, suffix: from.suffix, topic: from.name, partition });
      prefix = { epoch, partition, bytes: Buffer.from(text) };
      known.prefixes[topic] = prefix;
    }
    return this.#frames.frame(prefix?.bytes ?? Buffer.alloc(0), offset, timestamp, value);
  }
}

function emptyToken(): Token {
  return { groups: [], prefixes: new Array(TOPICS.length).fill(undefined), tips: noTips() };
}

function isForgotten({ tips }: Token, first: number): boolean {
  return tips.every((tip) => tip < first);
}

/** Bit i: the channel of TOPICS[i]. */
export function maskOf(suffixes: readonly Suffix[]): number {
  return suffixes.reduce((mask, suffix) => mask | (1 << SUFFIXES.indexOf(suffix)), 0);
}

export function channelsOf(token: string, mask: number): string[] {
  return SUFFIXES.filter((_, topic) => mask & (1 << topic)).map((suffix) => channelName(token, suffix));
}
