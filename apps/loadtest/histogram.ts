/** Durations in buckets that grow by two percent, so that processes can add theirs up. Milliseconds. */

const GROWTH = Math.log(1.02);
const LEAST_MS = 0.1;
const BUCKETS = 700;

export class Histogram {
  readonly counts: Float64Array;
  /** The largest value, exactly. */
  max: number;

  constructor(from?: HistogramState) {
    this.counts = from ? Float64Array.from(from.counts) : new Float64Array(BUCKETS);
    this.max = from?.max ?? 0;
  }

  add(ms: number): void {
    const index = ms <= LEAST_MS ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(ms / LEAST_MS) / GROWTH));
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    if (ms > this.max) this.max = ms;
  }

  merge({ counts, max }: HistogramState): void {
    for (let index = 0; index < counts.length; index += 1) {
      this.counts[index] = (this.counts[index] ?? 0) + (counts[index] ?? 0);
    }
    this.max = Math.max(this.max, max);
  }

  get total(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  /** The value that a share of all values does not exceed, within two percent; null of nothing. */
  quantile(share: number): number | null {
    const { total } = this;
    if (total === 0) return null;
    let seen = 0;
    for (let index = 0; index < this.counts.length; index += 1) {
      seen += this.counts[index] ?? 0;
      if (seen >= share * total) return Math.min(this.max, round(LEAST_MS * Math.exp(index * GROWTH)));
    }
    return this.max;
  }

  summary() {
    return { p50: this.quantile(0.5), p90: this.quantile(0.9), p99: this.quantile(0.99), max: round(this.max) };
  }
}

export interface HistogramState {
  readonly counts: Float64Array;
  readonly max: number;
}

export type LatencySummary = ReturnType<Histogram['summary']>;

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
