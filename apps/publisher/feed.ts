/**
 * Publishes at a declared rate: how many events are due follows from the clock, so the pace does not drift. Batches go
 * out one after the other, because the order of sequences within a partition is what lets a consumer tell a repeat from
 * a late record. While no broker answers, the batch in hand is tried again and what would have been due is not made up:
 * it is counted as skipped.
 */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { HEADER_RUN, HEADER_SEQUENCE, recordValue, Simulator } from '@odin/events';
import type { Producer, ProducerRecord } from '@odin/kafka';
import { type Logger, messageOf } from '@odin/runtime';
import { RateMeter } from './rate-meter.ts';
import type { State } from './state.ts';

const TICK_MS = 20;
const BATCH_MAX = 2_000;
/** A hiccup up to this long is caught up with; what was due before is skipped. */
const CATCH_UP_MS = 2_000;
const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 2_000;

export interface FeedCounters {
  published: number;
  failedSends: number;
  skipped: number;
}

export class Feed {
  /** New with every start of the process. */
  readonly runId = randomUUID();
  readonly counters: FeedCounters = { published: 0, failedSends: 0, skipped: 0 };
  readonly #meter = new RateMeter();
  readonly #simulator = new Simulator();
  readonly #producer: Producer;
  readonly #log: Logger;
  #state: State;
  #sequence = 0;
  #connected = false;
  #closing = false;
  #loop: Promise<void> | undefined;

  constructor(producer: Producer, log: Logger, state: State) {
    this.#producer = producer;
    this.#log = log;
    this.#state = state;
    if (state.running) this.#run();
  }

  get state(): State {
    return this.#state;
  }

  /** Whether the last send was acknowledged. */
  get connected(): boolean {
    return this.#connected;
  }

  /** What was acknowledged in the last seconds, events a second. */
  get currentRate(): number {
    return this.#state.running ? this.#meter.perSecond() : 0;
  }

  /** Takes effect with the next batch. */
  change(state: State): void {
    const changed = state.running !== this.#state.running || state.rate !== this.#state.rate;
    this.#state = state;
    if (changed) this.#meter.reset();
    if (state.running) this.#run();
  }

  async close(): Promise<void> {
    this.#closing = true;
    await Promise.race([this.#loop, sleep(RETRY_MAX_MS, undefined, { ref: false })]);
    await this.#producer.close();
  }

  #run(): void {
    this.#loop ??= this.#publish().finally(() => {
      this.#loop = undefined;
      // Started again between the loop's last look and its end.
      if (this.#state.running && !this.#closing) this.#run();
    });
  }

  async #publish(): Promise<void> {
    let rate = this.#state.rate;
    let since = performance.now();
    let done = 0;
    while (this.#state.running && !this.#closing) {
      if (this.#state.rate !== rate) {
        rate = this.#state.rate;
        since = performance.now();
        done = 0;
      }
      const due = Math.floor(((performance.now() - since) / 1000) * rate) - done;
      const skip = due - Math.max(1, Math.floor((CATCH_UP_MS / 1000) * rate));
      if (skip > 0) {
        this.counters.skipped += skip;
        done += skip;
      }
      const count = Math.min(BATCH_MAX, due - Math.max(0, skip));
      if (count > 0) {
        await this.#deliver(this.#batch(count));
        done += count;
      }
      if (count < BATCH_MAX) await sleep(TICK_MS);
    }
  }

  #batch(count: number): ProducerRecord[] {
    return Array.from({ length: count }, () => {
      const { topic, event } = this.#simulator.next(this.#state.tokenIds, Date.now());
      this.#sequence += 1;
      return {
        topic,
        key: event.token,
        value: recordValue(event),
        timestamp: event.timestamp,
        headers: { [HEADER_RUN]: this.runId, [HEADER_SEQUENCE]: String(this.#sequence) },
      };
    });
  }

  /** Tries until acknowledged, stopped or closing. */
  async #deliver(batch: readonly ProducerRecord[]): Promise<void> {
    for (let backoff = RETRY_MIN_MS; !this.#closing; backoff = Math.min(backoff * 2, RETRY_MAX_MS)) {
      try {
        await this.#producer.send(batch);
        if (!this.#connected)
          this.#log.info('publishing', { rate: this.#state.rate, tokens: this.#state.tokenIds.length });
        this.#connected = true;
        this.counters.published += batch.length;
        this.#meter.add(batch.length);
        return;
      } catch (error) {
        if (this.#connected || this.counters.failedSends === 0) {
          this.#log.warn('send failed, trying again until it succeeds', { error: messageOf(error) });
        }
        this.#connected = false;
        this.counters.failedSends += 1;
        if (!this.#state.running) return;
        await sleep(backoff);
      }
    }
  }
}
