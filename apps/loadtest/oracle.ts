/** What clients should have been sent: the records that Kafka holds, read beside the load. */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { EPOCH_TOPIC, HEADER_RUN, HEADER_SEQUENCE, TOPIC_NAMES } from '@odin/events';
import { type FeedRecord, startTail } from '@odin/kafka';
import { silent } from '@odin/runtime';
import { seriesKey } from './ledger.ts';

const READY_TIMEOUT_MS = 30_000;
const POLL_MS = 50;

/** The events of one token on one topic's partition, by growing offset. */
export interface Series {
  readonly offsets: number[];
  /** Kafka timestamps, milliseconds since 1970. */
  readonly times: number[];
}

export class OracleError extends Error {
  override readonly name = 'OracleError';
}

export class Oracle {
  readonly series = new Map<string, Series>();
  readonly #sequences = new Map<string, number>();
  readonly #tail;

  constructor(brokers: readonly string[]) {
    this.#tail = startTail({
      brokers,
      groupId: 'odin-loadtest',
      instance: randomUUID().slice(0, 8),
      delivery: 'all',
      clientId: 'odin-loadtest',
      logger: silent,
      topics: TOPIC_NAMES,
      marker: EPOCH_TOPIC,
      onRecords: (epoch, records) => {
        for (const record of records) this.#take(epoch, record);
      },
    });
  }

  /** Resolves once every partition is read. Throws OracleError. */
  async ready(): Promise<void> {
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (!this.#tail.health().healthy) {
      if (Date.now() > deadline) throw new OracleError(`Kafka is not readable: ${this.#tail.health().reason}`);
      await sleep(POLL_MS);
    }
  }

  async stop(): Promise<void> {
    await this.#tail.stop();
  }

  #take(epoch: string, record: FeedRecord): void {
    const { topic, partition, offset, timestamp, key } = record;
    if (!key || this.#isRepeat(record)) return;
    const name = seriesKey({ epoch, topic, partition, token: key.toString('latin1') });
    let series = this.series.get(name);
    if (!series) {
      series = { offsets: [], times: [] };
      this.series.set(name, series);
    }
    // The tail may read some twice after a recovery of its own.
    if (offset <= (series.offsets.at(-1) ?? -1)) return;
    series.offsets.push(offset);
    series.times.push(timestamp);
  }

  /** A batch that a producer sent twice: the feed delivers the first. */
  #isRepeat({ topic, partition, header }: FeedRecord): boolean {
    const run = header(HEADER_RUN);
    const sequence = Number(header(HEADER_SEQUENCE));
    if (run === undefined || !Number.isSafeInteger(sequence)) return false;
    const place = `${run} ${topic} ${partition}`;
    const last = this.#sequences.get(place) ?? 0;
    this.#sequences.set(place, Math.max(last, sequence));
    return sequence <= last;
  }
}
