/** The supervising process, as the processes that it started see it. */

import { collectDefaultMetrics, type Registry } from 'prom-client';
import { CpuSampler } from '../health.ts';
import { ownMemory } from '../memory.ts';
import type { FromChild, Order, Question, Report, ToChild } from './messages.ts';

const ANSWER_TIMEOUT_MS = 3_000;

export interface ParentOptions {
  readonly registry: Registry;
  readonly obey: (order: Order) => void;
  /** What this process has to report, beside what every process has. */
  readonly report: () => Omit<Report, 'memory' | 'cpuPercentage'>;
}

export class Parent {
  readonly #options: ParentOptions;
  readonly #cpu = new CpuSampler();
  readonly #waiting = new Map<number, (value: unknown) => void>();
  #asks = 0;

  constructor(options: ParentOptions) {
    this.#options = options;
    collectDefaultMetrics({ register: options.registry });
    process.on('message', (message: ToChild) => void this.#hear(message));
    // Without whom it belongs to, a process has no business here.
    process.once('disconnect', () => process.exit(1));
    // The end is ordered: a signal to the whole group must not end the reader of Kafka before the clients were told.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => undefined);
  }

  ask(what: Question): Promise<unknown> {
    this.#asks += 1;
    const id = this.#asks;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`no answer to ${what} within ${ANSWER_TIMEOUT_MS} ms`));
      }, ANSWER_TIMEOUT_MS);
      this.#waiting.set(id, (value) => {
        clearTimeout(timer);
        resolve(value);
      });
      send({ type: 'ask', id, what });
    });
  }

  async #hear(message: ToChild): Promise<void> {
    const { registry, obey, report } = this.#options;
    switch (message.type) {
      case 'order':
        obey(message.order);
        send({
          type: 'report',
          id: message.id,
          report: { memory: ownMemory(), cpuPercentage: this.#cpu.percentage, ...report() },
        });
        return;
      case 'measure':
        send({ type: 'measured', id: message.id, metrics: await registry.getMetricsAsJSON() });
        return;
      case 'answer':
        this.#waiting.get(message.id)?.(message.value);
        this.#waiting.delete(message.id);
        return;
    }
  }
}

/** A channel that closes just now has nobody at its other end: the process ends with it. */
function send(message: FromChild): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
