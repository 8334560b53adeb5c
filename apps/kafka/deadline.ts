/** Waits that end. */

import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaUnreachableError, NotSettledError } from './errors.ts';

/** Rejects with KafkaUnreachableError when `work` takes longer than `ms`. The work itself is not stopped. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new KafkaUnreachableError(`${what}: no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const POLL_MS = 100;

/** Reads until `agrees`: the broker's admin answers are stale for a moment after every change. */
export async function settled<T>(
  ms: number,
  what: string,
  readState: () => Promise<T>,
  agrees: (value: T) => boolean,
): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    let seen: unknown;
    try {
      const value = await readState();
      if (agrees(value)) return value;
      seen = value;
    } catch (error) {
      seen = error instanceof Error ? error.message : error;
    }
    if (Date.now() >= deadline) throw new NotSettledError(what, seen);
    await sleep(POLL_MS);
  }
}
