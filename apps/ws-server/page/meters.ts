/** Rate, latency and counts of what this page received. */

const RATE_WINDOW_MS = 5_000;
const LATENCIES_MAX = 200;

export class Meters {
  total = 0;
  gaps = 0;
  #arrivals: number[] = [];
  #latencies: number[] = [];
  #since = Date.now();

  reset(): void {
    this.total = 0;
    this.gaps = 0;
    this.#arrivals = [];
    this.#latencies = [];
    this.#since = Date.now();
  }

  event(createdAt: number, now = Date.now()): void {
    this.total += 1;
    this.#arrivals.push(now);
    this.#latencies.push(Math.max(0, now - createdAt));
    if (this.#latencies.length > LATENCIES_MAX) this.#latencies.shift();
  }

  /** Events a second over the last five, or since the last reset. */
  rate(now = Date.now()): number {
    this.#arrivals = this.#arrivals.filter((at) => at > now - RATE_WINDOW_MS);
    const windowMs = Math.min(RATE_WINDOW_MS, Math.max(1_000, now - this.#since));
    return (this.#arrivals.length * 1000) / windowMs;
  }

  /** Milliseconds from creation to here; it compares two clocks. Undefined before the first event. */
  latency(): number | undefined {
    return this.#latencies.toSorted((a, b) => a - b)[this.#latencies.length >> 1];
  }
}
