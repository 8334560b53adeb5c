/**
 * One client's way from its cursor to live: what memory no longer holds from the log, then memory, then the groups, in
 * one turn of the event loop, so that nothing falls between and nothing comes twice. In order within each channel.
 */

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLOSE, type Cursor, channelName, type GapRange, type GapReason, SUFFIXES, TOPICS } from '@odin/events';
import type { Feed } from '../feed/feed.ts';
import type { Client } from '../hub/client.ts';
import { channelsOf, type Hub } from '../hub/hub.ts';
import type { Stats } from '../stats.ts';

/** Well below the least threshold of backpressure that makes sense: a resume is no reason to lag. */
const PIECE_BYTES = 64 * 1024;
const KNOWN_TIMEOUT_MS = 10_000;
const POLL_MS = 50;
const DRAIN_TIMEOUT_MS = 30_000;
/** From the first read to live. */
const RESUME_TIMEOUT_MS = 120_000;

interface Want {
  readonly token: string;
  readonly mask: number;
  /** Next offset by topic; NaN: not wanted. */
  readonly next: Float64Array;
}

export interface ResumeContext {
  readonly hub: Hub;
  readonly feed: Pick<Feed, 'read'>;
  readonly stats: Stats;
}

/** Why a resume cannot be, as an exception: the client is closed with 1013 and may try another instance. */
class ResumeError extends Error {}

/**
 * `channels`: topics by token. Resolves when the client is live, or closing. Until then it must not change its channels.
 */
export async function resume(
  context: ResumeContext,
  client: Client,
  cursor: Cursor,
  channels: ReadonlyMap<string, number>,
): Promise<void> {
  try {
    await new Resume(context, client, cursor).run(channels);
  } catch (error) {
    context.stats.resumes.failed += 1;
    const reason = error instanceof ResumeError ? error.message : 'cannot resume now';
    client.close(CLOSE.tryAgainLater, reason);
  }
}

class Resume {
  readonly #hub: Hub;
  readonly #feed: Pick<Feed, 'read'>;
  readonly #stats: Stats;
  readonly #client: Client;
  readonly #cursor: Cursor;
  #from: 'memory' | 'log' = 'memory';

  constructor({ hub, feed, stats }: ResumeContext, client: Client, cursor: Cursor) {
    this.#hub = hub;
    this.#feed = feed;
    this.#stats = stats;
    this.#client = client;
    this.#cursor = cursor;
  }

  async run(channels: ReadonlyMap<string, number>): Promise<void> {
    const deadline = Date.now() + RESUME_TIMEOUT_MS;
    await this.#known();
    const wants = [...channels].map(([token, mask]) => this.#want(token, mask));
    let pastEnd = false;
    // No await between this look and a join: who is closed must not come back into a group.
    while (this.#client.state !== 'closing') {
      if (pastEnd || this.#hub.position.epoch !== this.#cursor.epoch) {
        this.#begin(wants, 'epoch');
        return;
      }
      if (Date.now() > deadline) throw new ResumeError('the resume took too long');
      const older = this.#older(wants);
      if (older) {
        pastEnd = !(await this.#readLog(older.want, older.topic, older.partition));
        continue;
      }
      const frames = this.#piece(wants);
      if (!frames) {
        this.#join(wants);
        return;
      }
      await this.#write(frames);
    }
  }

  /** The ingest has begun, or is given a moment to. */
  async #known(): Promise<void> {
    const deadline = Date.now() + KNOWN_TIMEOUT_MS;
    while (this.#hub.position.cursor() === undefined) {
      if (Date.now() > deadline) throw new ResumeError('this instance does not know the stream yet');
      await sleep(POLL_MS);
    }
  }

  #want(token: string, mask: number): Want {
    const next = new Float64Array(TOPICS.length).fill(Number.NaN);
    for (const [topic, suffix] of SUFFIXES.entries()) {
      const partition = this.#hub.partitionOf(token, topic);
      if ((mask & (1 << topic)) === 0 || partition === undefined) continue;
      const live = this.#hub.position.get(topic, partition);
      next[topic] = this.#cursor.next.get(suffix)?.[partition] ?? live ?? Number.NaN;
    }
    return { token, mask, next };
  }

  /** Something that memory does not hold, or that only the log can tell to be no mistake. */
  #older(wants: readonly Want[]) {
    for (const want of wants) {
      for (let topic = 0; topic < TOPICS.length; topic += 1) {
        const next = want.next[topic] ?? Number.NaN;
        const partition = this.#hub.partitionOf(want.token, topic);
        if (Number.isNaN(next) || partition === undefined) continue;
        const live = this.#hub.position.get(topic, partition) ?? 0;
        if (next === live) continue;
        if (next > live || next < this.#hub.history.floor(topic, partition)) return { want, topic, partition };
      }
    }
    return undefined;
  }

  /** False when the cursor is past the end of the log. */
  async #readLog({ token, next }: Want, topic: number, partition: number): Promise<boolean> {
    const name = TOPICS[topic]?.name ?? '';
    const from = next[topic] ?? 0;
    const live = this.#hub.position.get(topic, partition) ?? from;
    this.#from = 'log';
    const reply = await this.#feed.read({ topic: name, partition, token, from, to: Math.max(from, live) });
    if (reply.pastEnd) return false;
    // Meanwhile offsets may have begun again: what was read belongs to those before.
    if (this.#hub.position.epoch !== this.#cursor.epoch) return true;
    // Ahead of this instance, and rightly so: it is sent some of it once more, which the client drops.
    next[topic] = from > live ? live : Math.min(reply.next, live);
    if (reply.lostBefore !== undefined) {
      const range = { channel: channelName(token, SUFFIXES[topic] ?? 'trade'), topic: name, partition };
      this.#tellGap('retention', [{ ...range, from, to: Math.min(reply.lostBefore, live) - 1 }]);
    }
    // The frame is built in memory that the next one uses.
    await this.#write(reply.events.map((event) => Buffer.from(this.#hub.frame(topic, partition, event))));
    return true;
  }

  /** The next frames from memory; undefined when the rest is small enough to be the last. */
  #piece(wants: readonly Want[]): Buffer[] | undefined {
    const ahead = wants.map((want) => ({ ...want, next: want.next.slice() }));
    const { frames, complete } = this.#collect(ahead);
    if (complete) return undefined;
    for (const [index, { next }] of ahead.entries()) wants[index]?.next.set(next);
    return frames;
  }

  #collect(wants: readonly Want[]): { frames: Buffer[]; complete: boolean } {
    const all: Buffer[] = [];
    let left = PIECE_BYTES;
    for (const { token, mask, next } of wants) {
      const joined = this.#hub.maskOf(this.#client, token) | mask;
      const { frames, bytes, complete } = this.#hub.collect(token, joined, next, left);
      all.push(...frames);
      left -= bytes;
      if (!complete) return { frames: all, complete: false };
    }
    return { frames: all, complete: true };
  }

  /** The last piece and the groups, without a pause between. */
  #join(wants: readonly Want[]): void {
    const { frames } = this.#collect(wants);
    for (const { token, mask } of wants) this.#hub.join(this.#client, token, mask);
    this.#send(frames);
    this.#stats.resumes[this.#from] += 1;
    this.#tellResumed(wants, this.#hub.written.cursor());
  }

  /** Nothing can be replayed: live from here, and what is missed is told. */
  #begin(wants: readonly Want[], reason: GapReason): void {
    const ranges = wants.flatMap(({ token, mask }) => this.#everything(token, mask));
    for (const { token, mask } of wants) this.#hub.join(this.#client, token, mask);
    this.#tellGap(reason, ranges);
    this.#stats.resumes.epoch += 1;
    this.#tellResumed(wants, this.#hub.position.cursor());
  }

  #everything(token: string, mask: number): GapRange[] {
    return TOPICS.flatMap(({ name, suffix }, topic) => {
      const partition = this.#hub.partitionOf(token, topic);
      if ((mask & (1 << topic)) === 0 || partition === undefined) return [];
      const live = this.#hub.position.get(topic, partition) ?? 0;
      return live === 0 ? [] : [{ channel: channelName(token, suffix), topic: name, partition, from: 0, to: live - 1 }];
    });
  }

  #tellGap(reason: GapReason, ranges: readonly GapRange[]): void {
    this.#client.tell({ type: 'gap', data: { reason, epoch: this.#hub.position.epoch, ranges } });
    this.#stats.gapsSent[reason] += 1;
  }

  #tellResumed(wants: readonly Want[], cursor: string | undefined): void {
    const channels = wants.flatMap(({ token, mask }) => channelsOf(token, mask));
    this.#client.tell({ type: 'resumed', data: { channels, ...(cursor && { cursor }) } });
  }

  #send(frames: readonly Buffer[]): void {
    if (frames.length === 0 || this.#client.state === 'closing') return;
    this.#client.write(frames.length > 1 ? [Buffer.concat(frames)] : frames);
    this.#stats.messagesReplayed += frames.length;
  }

  async #write(frames: readonly Buffer[]): Promise<void> {
    this.#send(frames);
    const { socket } = this.#client;
    if (!socket.writableNeedDrain) return;
    const signal = AbortSignal.timeout(DRAIN_TIMEOUT_MS);
    const closed = new AbortController();
    try {
      await Promise.race([
        once(socket, 'drain', { signal }),
        once(socket, 'close', { signal: AbortSignal.any([signal, closed.signal]) }),
      ]);
    } catch {
      this.#client.close(CLOSE.policy, 'too slow');
    } finally {
      closed.abort();
    }
  }
}
