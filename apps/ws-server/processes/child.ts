/** A process that another one started, as that one sees it. */

import type { Worker } from 'node:cluster';
import type { FromChild, MetricsJson, Order, Question, Report, ToChild } from './messages.ts';

export interface ChildEvents {
  readonly onAsk: (what: Question) => Promise<unknown>;
  readonly onExit: (how: string) => void;
}

export class Child {
  readonly name: string;
  readonly startedAt = Date.now();
  /** How it was, a moment ago. */
  report: Report | undefined;
  /** What it had counted when it was last asked. */
  metrics: MetricsJson = [];
  /** Times it was looked for since it last said anything. Not a time: one in which all were stopped says nothing. */
  unheard = 0;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, () => void>();
  #asks = 0;

  constructor(name: string, worker: Worker, { onAsk, onExit }: ChildEvents) {
    this.name = name;
    this.#worker = worker;
    worker.on('message', (message: FromChild) => {
      this.unheard = 0;
      if (message.type === 'ask') {
        void onAsk(message.what).then((value) => this.#send({ type: 'answer', id: message.id, value }));
        return;
      }
      if (message.type === 'report') this.report = message.report;
      else this.metrics = message.metrics;
      this.#waiting.get(message.id)?.();
      this.#waiting.delete(message.id);
    });
    // Writing to a process that has just died; its exit says it.
    worker.on('error', () => undefined);
    worker.once('exit', (code, signal) => {
      for (const done of this.#waiting.values()) done();
      this.#waiting.clear();
      onExit(signal ? `signal ${signal}` : `exit code ${code}`);
    });
  }

  get pid(): number {
    return this.#worker.process.pid ?? 0;
  }

  /** Resolves when it has obeyed and reported, or is gone, or the time is over. */
  order(order: Order, withinMs: number): Promise<void> {
    return this.#request((id) => ({ type: 'order', id, order }), withinMs);
  }

  /** Afterwards `metrics` is as fresh as it can be. */
  measure(withinMs: number): Promise<void> {
    return this.#request((id) => ({ type: 'measure', id }), withinMs);
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  #request(message: (id: number) => ToChild, withinMs: number): Promise<void> {
    this.#asks += 1;
    const id = this.#asks;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        resolve();
      }, withinMs);
      this.#waiting.set(id, () => {
        clearTimeout(timer);
        resolve();
      });
      this.#send(message(id));
    });
  }

  #send(message: ToChild): void {
    if (this.#worker.isConnected()) this.#worker.send(message, undefined, undefined, () => undefined);
  }
}
