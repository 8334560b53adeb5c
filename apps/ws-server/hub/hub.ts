/** Tokens, their groups, and who is in them. Events come in at `publish`; the flusher takes them out. */

import { channelName, envelopePrefix, isToken, PROBE_TOKEN, SUFFIXES, type Suffix, TOPICS } from '@odin/events';
import type { FeedRecord } from '@odin/kafka';
import type { Client } from './client.ts';
import type { Flusher } from './flush.ts';
import { EnvelopeFrames } from './frames.ts';
import { Group } from './group.ts';

interface Token {
  readonly groups: Group[];
  /** By topic: the part of an envelope that all events of this token on that topic share. */
  readonly prefixes: ({ readonly epoch: string; readonly partition: number; readonly bytes: Buffer } | undefined)[];
}

export class Hub {
  readonly #tokens = new Map<string, Token>();
  readonly #frames = new EnvelopeFrames();
  readonly #flusher: Flusher;

  constructor(flusher: Flusher) {
    this.#flusher = flusher;
  }

  get tokens(): number {
    return this.#tokens.size;
  }

  /** `topic` is the index in TOPICS; `token` the record's key. A token without subscribers costs a map lookup. */
  publish(epoch: string, topic: number, token: string, record: FeedRecord, value: Buffer): void {
    const known = this.#tokens.get(token);
    if (!known) return;
    const bit = 1 << topic;
    let frame: Buffer | undefined;
    for (const group of known.groups) {
      if ((group.mask & bit) === 0) continue;
      frame ??= this.#frame(known, epoch, topic, token, record, value);
      group.append(frame, topic, record.partition, record.offset, record.timestamp);
      this.#flusher.mark(group);
    }
  }

  /** Adds channels of a token to what the client has. */
  subscribe(client: Client, token: string, suffixes: readonly Suffix[]): void {
    this.#move(client, token, (client.memberships.get(token)?.group.mask ?? 0) | maskOf(suffixes));
  }

  unsubscribe(client: Client, token: string, suffixes: readonly Suffix[]): void {
    this.#move(client, token, (client.memberships.get(token)?.group.mask ?? 0) & ~maskOf(suffixes));
  }

  channels(client: Client): string[] {
    return [...client.memberships].flatMap(([token, { group }]) =>
      SUFFIXES.filter((_, topic) => group.mask & (1 << topic)).map((suffix) => channelName(token, suffix)),
    );
  }

  /** The client is gone. */
  remove(client: Client): void {
    for (const [token, membership] of client.memberships) {
      membership.group.remove(membership);
      this.#prune(token, membership.group);
    }
    client.memberships.clear();
  }

  /** Writes what the client is owed of every group. */
  settle(client: Client): void {
    for (const membership of client.memberships.values()) this.#flusher.settle(membership);
  }

  #move(client: Client, token: string, mask: number): void {
    const before = client.memberships.get(token);
    if ((before?.group.mask ?? 0) === mask) return;
    if (before) {
      this.#flusher.settle(before);
      before.group.remove(before);
      client.memberships.delete(token);
    }
    if (mask !== 0) client.memberships.set(token, this.#group(token, mask).add(client));
    if (before) this.#prune(token, before.group);
  }

  #group(token: string, mask: number): Group {
    let known = this.#tokens.get(token);
    if (!known) {
      known = { groups: [], prefixes: new Array(TOPICS.length).fill(undefined) };
      this.#tokens.set(token, known);
    }
    let group = known.groups.find((other) => other.mask === mask);
    if (!group) {
      group = new Group(token, mask, token === PROBE_TOKEN);
      known.groups.push(group);
    }
    return group;
  }

  #prune(token: string, group: Group): void {
    if (group.members.length > 0) return;
    const known = this.#tokens.get(token);
    if (!known) return;
    const at = known.groups.indexOf(group);
    if (at >= 0) known.groups.splice(at, 1);
    if (known.groups.length === 0) this.#tokens.delete(token);
  }

  #frame(known: Token, epoch: string, topic: number, token: string, record: FeedRecord, value: Buffer): Buffer {
    let prefix = known.prefixes[topic];
    const from = TOPICS[topic];
    if (from && (prefix?.epoch !== epoch || prefix.partition !== record.partition)) {
      const { partition } = record;
      const text = envelopePrefix({ epoch, token, suffix: from.suffix, topic: from.name, partition });
      prefix = { epoch, partition, bytes: Buffer.from(text) };
      known.prefixes[topic] = prefix;
    }
    return this.#frames.frame(prefix?.bytes ?? Buffer.alloc(0), record.offset, record.timestamp, value);
  }
}

/** Whether records with this key may reach anybody. */
export function isFeedKey(key: string): boolean {
  return key === PROBE_TOKEN || isToken(key);
}

function maskOf(suffixes: readonly Suffix[]): number {
  return suffixes.reduce((mask, suffix) => mask | (1 << SUFFIXES.indexOf(suffix)), 0);
}
