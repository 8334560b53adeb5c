/** What checked clients got against what Kafka holds: nothing lost untold, nothing that is not in the log. */

import type { LedgerState } from './ledger.ts';
import type { Series } from './oracle.ts';

/** A subscription takes effect, and an event travels, within this. */
const EDGE_MS = 1_000;

export interface Verdict {
  readonly clients: number;
  readonly expected: number;
  readonly received: number;
  /** Expected, not received, and not inside a gap that the client was told. */
  readonly lost: number;
  /** Expected, not received, told. */
  readonly told: number;
  /** Received, and not in the log where it should be. */
  readonly foreign: number;
  /** The first of the lost: `client 40 e1 odin.trades 3 BTC @17`. */
  readonly examples: readonly string[];
}

const EXAMPLES_MAX = 5;

/** Events up to `until` (milliseconds since 1970) are expected of clients that were there to the end. */
export function judge(ledgers: readonly LedgerState[], log: ReadonlyMap<string, Series>, until: number): Verdict {
  const sum = { clients: 0, expected: 0, received: 0, lost: 0, told: 0, foreign: 0 };
  const examples: string[] = [];
  const byToken = new Map<string, string[]>();
  for (const key of log.keys()) {
    const token = key.split(' ')[3] ?? '';
    byToken.set(token, [...(byToken.get(token) ?? []), key]);
  }
  for (const ledger of ledgers.filter(({ joinedAt }) => joinedAt > 0)) {
    sum.clients += 1;
    const from = ledger.joinedAt + EDGE_MS;
    const to = ledger.leftAt === null ? until : Math.min(until, ledger.leftAt - EDGE_MS);
    for (const key of ledger.tokens.flatMap((token) => byToken.get(token) ?? [])) {
      const series = log.get(key);
      const got = new Set(ledger.offsets.get(key) ?? []);
      series?.offsets.forEach((offset, index) => {
        const time = series.times[index] ?? 0;
        if (time < from || time > to) return;
        sum.expected += 1;
        if (got.has(offset)) return;
        if (isTold(ledger, key, offset)) {
          sum.told += 1;
          return;
        }
        sum.lost += 1;
        if (examples.length < EXAMPLES_MAX) examples.push(`client ${ledger.id} ${key} @${offset}`);
      });
    }
    for (const [key, offsets] of ledger.offsets) {
      sum.received += offsets.length;
      sum.foreign += foreign(offsets, log.get(key));
    }
  }
  return { ...sum, examples };
}

function isTold({ gaps }: LedgerState, key: string, offset: number): boolean {
  const [epoch, topic, partition] = key.split(' ');
  return gaps.some(
    (gap) =>
      gap.epoch === epoch &&
      gap.topic === topic &&
      gap.partition === Number(partition) &&
      gap.from <= offset &&
      offset <= gap.to,
  );
}

/** Only within what was read of the log: before it and after it we do not know. */
function foreign(offsets: Float64Array, series: Series | undefined): number {
  if (!series) return offsets.length;
  const known = new Set(series.offsets);
  const [first = 0] = series.offsets;
  const last = series.offsets.at(-1) ?? 0;
  return offsets.filter((offset) => offset >= first && offset <= last && !known.has(offset)).length;
}
