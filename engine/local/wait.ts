import { setTimeout as pause } from 'node:timers/promises';

export interface Wait {
  /** Milliseconds from now after which the wait gives up. */
  deadlineMs: number;
  /** Milliseconds between two looks. */
  everyMs: number;
}

/** Looks until `look` answers something other than undefined. Returns undefined when the deadline passed first. */
export async function until<T>(look: () => Promise<T | undefined>, wait: Wait): Promise<T | undefined> {
  const end = performance.now() + wait.deadlineMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() + wait.everyMs > end) return undefined;
    await pause(wait.everyMs);
  }
}
