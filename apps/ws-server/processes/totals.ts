/** Metrics of all processes of an instance as one: sums, and what processes that are gone had counted. */

import { AggregatorRegistry, type Registry } from 'prom-client';
import type { MetricsJson } from './messages.ts';

type Part = { readonly type?: string };

/** A sum that fell because a process ended would be read as a counter that began again, and count everything twice. */
const KEPT = ['counter', 'histogram'];

export class Totals {
  #gone: MetricsJson = [];

  /** Keeps what a process had counted. */
  async retire(metrics: MetricsJson): Promise<void> {
    const counted = metrics.filter((metric) => KEPT.includes((metric as Part).type ?? ''));
    this.#gone = await together([this.#gone, counted]).getMetricsAsJSON();
  }

  text(all: readonly MetricsJson[]): Promise<string> {
    return together([this.#gone, ...all]).metrics();
  }
}

function together(all: readonly MetricsJson[]): Registry {
  return AggregatorRegistry.aggregate([...all] as object[]);
}
