/** Whether there is room for more: memory near its limit, or an event loop that is late, means no. */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { memoryUse } from '../health.ts';
import { ownMemory, together } from '../memory.ts';

const SAMPLE_MS = 500;
const RESOLUTION_MS = 10;
const NANOSECONDS_PER_MS = 1e6;
/** One late sample may be a pause of the machine. */
const LATE_SAMPLES = 2;

export interface PressureLimits {
  /** Of the memory that may be used. */
  readonly memoryPercent: number;
  /** 99th percentile of half a second. */
  readonly loopDelayMs: number;
}

export class Pressure {
  readonly #limits: PressureLimits;
  readonly #bytesElsewhere: () => number;
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer = setInterval(() => this.#sample(), SAMPLE_MS).unref();
  #late = 0;
  #memoryPercent = 0;

  /** `bytesElsewhere`: of other processes that share the limit. */
  constructor(limits: PressureLimits, bytesElsewhere: () => number = () => 0) {
    this.#limits = limits;
    this.#bytesElsewhere = bytesElsewhere;
    this.#histogram.enable();
  }

  refusal(): 'memory' | 'loop_delay' | undefined {
    if (this.#memoryPercent > this.#limits.memoryPercent) return 'memory';
    return this.#late >= LATE_SAMPLES ? 'loop_delay' : undefined;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  #sample(): void {
    // The histogram holds the time between two looks, which includes the resolution itself.
    const delayMs = this.#histogram.percentile(99) / NANOSECONDS_PER_MS - RESOLUTION_MS;
    this.#histogram.reset();
    this.#late = delayMs > this.#limits.loopDelayMs ? this.#late + 1 : 0;
    this.#memoryPercent = memoryUse(together([ownMemory()]) + this.#bytesElsewhere()).percentage;
  }
}
