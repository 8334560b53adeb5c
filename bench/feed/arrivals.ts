/** What all clients of a load test have been sent so far, and when the last of it came. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Snapshot } from '../../apps/loadtest/run.ts';

/** Longer than a client may lag: then what it missed is told, not sent. */
const QUIET_MS = 6_000;
const POLL_MS = 100;

export class Arrivals {
  frames = 0;
  #grewAt = 0;

  readonly see = ({ frames }: Snapshot): void => {
    if (frames > this.frames) this.#grewAt = performance.now();
    this.frames = frames;
  };

  /** Resolves with when the last came, once there are so many or no more come. Within a second. */
  async end(frames: number): Promise<number> {
    this.#grewAt = performance.now();
    while (this.frames < frames && performance.now() - this.#grewAt < QUIET_MS) await sleep(POLL_MS);
    return this.#grewAt;
  }
}
