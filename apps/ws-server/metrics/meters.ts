/** Metrics of a registry that are plain numbers elsewhere and read here, at the scrape. */

import { Counter, Gauge, type Registry } from 'prom-client';

/** How one number is made of those of several processes. */
export type Together = 'sum' | 'max' | 'first';

export class Meters {
  readonly #registers: Registry[];

  constructor(registry: Registry) {
    this.#registers = [registry];
  }

  gauge(name: string, help: string, read: () => number, aggregator: Together = 'sum'): void {
    new Gauge({
      name,
      help,
      aggregator,
      registers: this.#registers,
      collect() {
        this.set(read());
      },
    });
  }

  counter(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers: this.#registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  labelled(name: string, help: string, label: string, read: () => Iterable<readonly [string | number, number]>): void {
    new Counter({
      name,
      help,
      registers: this.#registers,
      labelNames: [label],
      collect() {
        this.reset();
        for (const [key, value] of read()) this.inc({ [label]: String(key) }, value);
      },
    });
  }
}
