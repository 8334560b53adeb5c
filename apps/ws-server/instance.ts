/** The whole ws-server, as each process that serves its clients sees it. */

import type { Health } from './health.ts';

export interface Elsewhere {
  /** Clients of the other processes. */
  readonly connections: number;
  /** Their own memory, see MemoryOfProcess. */
  readonly privateBytes: number;
}

export interface Instance {
  /** As of a moment ago; nothing when there is one process. */
  readonly elsewhere: Elsewhere;
  health(): Promise<Health>;
  /** In the text format of Prometheus. */
  metrics(): Promise<string>;
}

export const ALONE: Elsewhere = { connections: 0, privateBytes: 0 };
