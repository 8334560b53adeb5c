/** What is read from Kafka, into the hub. */

import { setTimeout as sleep } from 'node:timers/promises';
import { TOPICS } from '@odin/events';
import type { LogGap } from '@odin/kafka';
import type { Hub } from '../hub/hub.ts';
import { tellEpoch, tellLogGaps } from '../hub/notices.ts';
import type { Stats } from '../stats.ts';
import type { FeedSink, Slice, Start } from './feed.ts';

/** A backlog comes as fast as Kafka can send: with so much of it not written, clients would lag for no fault of theirs. */
const AHEAD_MAX_BYTES = 1024 * 1024;
const POLL_MS = 1;

export class HubSink implements FeedSink {
  readonly #hub: Hub;
  readonly #stats: Stats;
  /** Of values, since everything was written. */
  #ahead = 0;

  constructor(hub: Hub, stats: Stats) {
    this.#hub = hub;
    this.#stats = stats;
  }

  epoch(epoch: string): void {
    if (epoch === this.#hub.position.epoch) return;
    const isFirst = this.#hub.position.epoch === '';
    this.#hub.restart(epoch);
    if (!isFirst) this.#stats.gapsSent.epoch += tellEpoch(this.#hub, epoch);
  }

  start(positions: readonly Start[]): void {
    for (const { topic, partition, next } of positions) this.#hub.seek(topic, partition, next);
  }

  rejoin(positions: readonly Start[]): void {
    const missed: LogGap[] = [];
    for (const { topic, partition, next } of positions) {
      const own = this.#hub.position.get(topic, partition);
      if (own !== undefined && own >= next) continue;
      if (own !== undefined) missed.push({ topic: TOPICS[topic]?.name ?? '', partition, from: own, to: next - 1 });
      this.#hub.seek(topic, partition, next);
    }
    if (missed.length > 0) this.gaps(missed);
  }

  slice({ topic, partition, first, next, events }: Slice): void {
    const own = this.#hub.position.get(topic, partition);
    // A reader that took over began where the last of its listeners was: others know the first of it already.
    const known = own !== undefined && own > first ? own : first;
    if (known >= next) return;
    this.#hub.seek(topic, partition, known);
    for (const event of events) {
      if (event.offset < known) continue;
      this.#hub.publish(topic, partition, event);
      this.#ahead += event.value.length;
    }
    this.#hub.position.set(topic, partition, next);
  }

  async room(): Promise<void> {
    if (this.#ahead <= AHEAD_MAX_BYTES) return;
    while (!this.#hub.settled) await sleep(POLL_MS);
    this.#ahead = 0;
  }

  gaps(gaps: readonly LogGap[]): void {
    this.#stats.gapsSent.log += tellLogGaps(this.#hub, gaps);
  }
}
