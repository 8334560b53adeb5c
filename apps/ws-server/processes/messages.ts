/** What the process that supervises and the others say to each other, over Node's own channel. */

import type { TailHealth } from '@odin/kafka';
import type { DrainStatus } from '../drain/drain.ts';
import type { Elsewhere } from '../instance.ts';
import type { MemoryOfProcess } from '../memory.ts';

/** What shall be, not what shall be done: said again and again, and whoever comes later hears all of it. */
export interface Order {
  readonly draining: boolean;
  /** The instance was ready once. */
  readonly served: boolean;
  /** How many clients a second this process sends elsewhere. */
  readonly shedPerSecond?: number;
  /** The end, and how long it may take. */
  readonly endWithinMs?: number;
  readonly elsewhere: Elsewhere;
}

/** How a process is. */
export interface Report {
  readonly memory: MemoryOfProcess;
  readonly cpuPercentage: number;
  /** Of one that serves clients. */
  readonly serving?: {
    readonly drain: DrainStatus;
    /** It was ready once. */
    readonly served: boolean;
    /** How far it has come in the stream; another reader of Kafka goes on from there. */
    readonly cursor?: string;
  };
  /** Of the one that reads Kafka. */
  readonly kafka?: TailHealth;
}

/** As `Registry.getMetricsAsJSON` of prom-client gives them. */
export type MetricsJson = readonly object[];

export const QUESTIONS = ['health', 'metrics'] as const;
export type Question = (typeof QUESTIONS)[number];

export type ToChild =
  | { readonly type: 'order'; readonly id: number; readonly order: Order }
  | { readonly type: 'measure'; readonly id: number }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown };

export type FromChild =
  | { readonly type: 'report'; readonly id: number; readonly report: Report }
  | { readonly type: 'measured'; readonly id: number; readonly metrics: MetricsJson }
  | { readonly type: 'ask'; readonly id: number; readonly what: Question };

/** Of the environment of a process that another one starts. None of it is a setting. */
export const CHILD_ENV = {
  name: 'FEED_PROCESS',
  socket: 'FEED_SOCKET',
  count: 'FEED_COUNT',
  from: 'FEED_FROM',
  again: 'FEED_AGAIN',
} as const;
