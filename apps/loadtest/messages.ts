/** What the main process and its load processes say to each other. */

import type { HistogramState } from './histogram.ts';
import type { LedgerState } from './ledger.ts';
import type { LoadPlan } from './plan.ts';

export type ToWorker =
  | { readonly type: 'start'; readonly plan: LoadPlan; readonly worker: number }
  /** Latency, rates and loop delay count from now on. */
  | { readonly type: 'measure' }
  /** They count no longer. */
  | { readonly type: 'rest' }
  /** Close everything, send the result, exit. */
  | { readonly type: 'finish' };

/** Since the start, except where it says since `measure`. */
export interface Progress {
  readonly connected: number;
  /** Connections that ended or never came to be. */
  readonly ended: number;
  /** Data frames, and bytes of everything. */
  readonly frames: number;
  readonly bytes: number;
  /** Since `measure`: 99 % of the delays of the event loop, and CPU use of one core, 0…1. */
  readonly loopDelayMs: number;
  readonly cpu: number;
  readonly latency: HistogramState;
}

export interface WorkerResult {
  readonly progress: Progress;
  /** Between `measure` and `rest`. */
  readonly measured: { readonly frames: number; readonly bytes: number; readonly ms: number };
  /** From the scheduled time of a connect to the answer of the handshake. */
  readonly connectMs: HistogramState;
  readonly ends: Record<string, number>;
  readonly stalledEnds: Record<string, number>;
  readonly ledgers: readonly LedgerState[];
  /** Frames of each counting client while measuring, by its tokens. */
  readonly counted: readonly { readonly tokens: string; readonly frames: number }[];
}

export type FromWorker =
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'result'; readonly result: WorkerResult };
