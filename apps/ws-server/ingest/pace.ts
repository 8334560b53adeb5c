/** A rate that holds on average: what was spent beyond it is waited for before the next is allowed. */

import { setTimeout as sleep } from 'node:timers/promises';

export class Pace {
  readonly #perSecond: number;
  /** When everything spent so far is paid for, by performance.now(). */
  #paidAt = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  async ready(): Promise<void> {
    for (let ms = this.#paidAt - performance.now(); ms > 0; ms = this.#paidAt - performance.now()) await sleep(ms);
  }

  spend(count: number): void {
    this.#paidAt = Math.max(this.#paidAt, performance.now()) + (count / this.#perSecond) * 1000;
  }
}
