/**
 * Drops what a producer wrote twice: a retried batch lands at other offsets, with the same run id and sequences. The
 * publisher sends one batch at a time, so within one partition the sequences of a run only grow.
 */

import { HEADER_RUN, HEADER_SEQUENCE } from '@odin/events';
import type { FeedRecord } from '@odin/kafka';

/** Only the last few runs can still be repeating. */
const RUNS_MAX = 16;

export class Repeats {
  /** Run → `topic/partition` → last sequence. */
  readonly #runs = new Map<string, Map<string, number>>();

  /** Records without headers (probes, other producers) are never repeats. */
  isRepeat(record: FeedRecord): boolean {
    const run = record.header(HEADER_RUN);
    const sequence = Number(record.header(HEADER_SEQUENCE));
    if (run === undefined || !Number.isSafeInteger(sequence)) return false;
    const last = this.#last(run);
    const key = `${record.topic}/${record.partition}`;
    if (sequence <= (last.get(key) ?? 0)) return true;
    last.set(key, sequence);
    return false;
  }

  #last(run: string): Map<string, number> {
    let last = this.#runs.get(run);
    if (!last) {
      last = new Map();
      this.#runs.set(run, last);
      const oldest = this.#runs.size > RUNS_MAX ? this.#runs.keys().next().value : undefined;
      if (oldest !== undefined) this.#runs.delete(oldest);
    }
    return last;
  }
}
