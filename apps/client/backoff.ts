/** How long to wait before connecting again: full jitter, doubling, capped. */

const FIRST_MS = 500;
const CAP_MS = 30_000;

/** `attempt` counts from 0. Uniform between 0 and the bound, so that clients cut together do not come back together. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  return Math.floor(random() * Math.min(CAP_MS, FIRST_MS * 2 ** Math.min(attempt, 16)));
}

/** The hint in the reason of a 1012, `{"retryMs":n}`; undefined when there is none. Never above the cap. */
export function restartHintMs(code: number, reason: string): number | undefined {
  if (code !== 1012) return undefined;
  try {
    const { retryMs } = JSON.parse(reason) as { retryMs?: unknown };
    return typeof retryMs === 'number' && retryMs >= 0 ? Math.min(retryMs, CAP_MS) : undefined;
  } catch {
    return undefined;
  }
}
