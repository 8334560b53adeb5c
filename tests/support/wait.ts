/** Waits with a deadline, which say what they last saw. */

import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/** Polls `look` until it returns something other than undefined or false; rejects with what `seen` says otherwise. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  options: { readonly ms?: number; readonly seen?: () => unknown } = {},
): Promise<T> {
  const { ms = 10_000, seen } = options;
  const deadline = Date.now() + ms;
  for (;;) {
    let failure: unknown;
    try {
      const value = await look();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > deadline) {
      const state = JSON.stringify(seen?.() ?? null)?.slice(0, 2_000);
      throw new Error(`${what}: not within ${ms} ms; seen: ${state}${failure ? `; last error: ${failure}` : ''}`);
    }
    await sleep(POLL_MS);
  }
}
