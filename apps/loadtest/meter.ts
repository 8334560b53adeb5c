/** Whether this process keeps up itself: the delays of its event loop and its CPU time. */

import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;

export class SelfMeter {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #usage = process.cpuUsage();
  #at = performance.now();
  #rested: { loopDelayMs: number; cpu: number } | undefined;

  constructor() {
    this.#delay.enable();
  }

  restart(): void {
    this.#delay.reset();
    this.#usage = process.cpuUsage();
    this.#at = performance.now();
    this.#rested = undefined;
  }

  /** What was read until now stays what is read. */
  rest(): void {
    this.#rested = this.read();
  }

  read(): { loopDelayMs: number; cpu: number } {
    if (this.#rested) return this.#rested;
    const { user, system } = process.cpuUsage(this.#usage);
    const delayMs = this.#delay.percentile(99) / 1e6 - RESOLUTION_MS;
    return {
      loopDelayMs: Math.max(0, Math.round(delayMs * 10) / 10),
      cpu: Math.round((user + system) / (performance.now() - this.#at) / 10) / 100,
    };
  }
}
