/** How many events a second there really were, over the last seconds. */

const WINDOW_S = 5;

export class RateMeter {
  readonly #counts = new Map<number, number>();
  #since: number;

  constructor(now = Date.now()) {
    this.#since = now;
  }

  /** Begins anew: what came before does not count. */
  reset(now = Date.now()): void {
    this.#counts.clear();
    this.#since = now;
  }

  add(count: number, now = Date.now()): void {
    const second = Math.floor(now / 1000);
    this.#counts.set(second, (this.#counts.get(second) ?? 0) + count);
    for (const old of this.#counts.keys()) if (old < second - WINDOW_S) this.#counts.delete(old);
  }

  /** Over the last whole seconds, at most five; since the beginning while that is shorter. Events a second. */
  perSecond(now = Date.now()): number {
    const second = Math.floor(now / 1000);
    const from = Math.max(second - WINDOW_S, Math.ceil(this.#since / 1000));
    const seconds = second - from;
    if (seconds <= 0) return 0;
    let sum = 0;
    for (let at = from; at < second; at += 1) sum += this.#counts.get(at) ?? 0;
    return Math.round((sum / seconds) * 100) / 100;
  }
}
