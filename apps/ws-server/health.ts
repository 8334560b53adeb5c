/** What `/health` says. Being busy or full is not ill health: only lost data and memory near its end are. */

import { availableParallelism, totalmem } from 'node:os';
import type { TailHealth } from '@odin/kafka';

const SAMPLE_MS = 2_000;
const MEMORY_MAX_PERCENT = 95;

export class CpuSampler {
  /** Of all cores that this process may use, over the last two seconds. */
  percentage = 0;
  #usage = process.cpuUsage();
  #at = performance.now();
  readonly #timer = setInterval(() => this.#sample(), SAMPLE_MS).unref();

  stop(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const used = process.cpuUsage(this.#usage);
    const elapsedUs = (performance.now() - this.#at) * 1000;
    this.percentage = round((100 * (used.user + used.system)) / elapsedUs / availableParallelism());
    this.#usage = process.cpuUsage();
    this.#at = performance.now();
  }
}

/** Of the memory that may be used. Outside a container the constraint is 0 or larger than the machine. */
export function memoryUse(usedBytes: number) {
  const limitBytes = Math.min(process.constrainedMemory() || totalmem(), totalmem());
  return { percentage: round((100 * usedBytes) / limitBytes), usedBytes, limitBytes };
}

export interface HealthSources {
  readonly kafka: TailHealth;
  readonly cpuPercentage: number;
  readonly usedBytes: number;
  readonly connections: number;
  readonly maxConnections: number;
}

export type Health = ReturnType<typeof health>;

export function health({ kafka, cpuPercentage, usedBytes, connections, maxConnections }: HealthSources) {
  const memory = memoryUse(usedBytes);
  const memoryHealthy = memory.percentage < MEMORY_MAX_PERCENT;
  return {
    healthy: kafka.healthy && memoryHealthy,
    checks: {
      kafka,
      cpu: { healthy: true, percentage: round(cpuPercentage) },
      memory: { healthy: memoryHealthy, ...memory },
      capacity: {
        healthy: true,
        current: connections,
        max: maxConnections,
        percentage: round((100 * connections) / maxConnections),
      },
    },
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
