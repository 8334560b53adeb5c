/**
 * The end of an instance that nobody notices: clients are closed in random order, spread over a short time, each with
 * 1012 and its own hint when to come back, after everything they are owed was written.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { CLOSE, restartReason } from '@odin/events';
import type { Client } from './hub/client.ts';
import type { Hub } from './hub/hub.ts';

const CLOSES_PER_SECOND_MIN = 200;
/** Share of the grace period in which the last close is sent. */
const SPREAD_SHARE = 1 / 3;
const RETRY_SPREAD_MS = 3_000;
const TICK_MS = 20;
/** Kept back from the grace period for the exit itself. */
const RESERVE_MS = 1_000;

/** Resolves when no client is left, or the grace period is nearly over; what is left then is cut. */
export async function closeAll(clients: ReadonlySet<Client>, hub: Hub, graceMs: number): Promise<void> {
  const deadline = Date.now() + Math.max(0, graceMs - RESERVE_MS);
  const order = shuffled([...clients]);
  const spreadMs = Math.min(graceMs * SPREAD_SHARE, (order.length / CLOSES_PER_SECOND_MIN) * 1000);
  const perTick = Math.max(1, Math.ceil((order.length * TICK_MS) / Math.max(spreadMs, TICK_MS)));
  while (order.length > 0) {
    for (const client of order.splice(0, perTick)) {
      hub.settle(client);
      client.close(CLOSE.serviceRestart, restartReason(Math.floor(Math.random() * RETRY_SPREAD_MS)));
    }
    await sleep(TICK_MS);
  }
  while (clients.size > 0 && Date.now() < deadline) await sleep(TICK_MS);
  for (const client of clients) client.ws.terminate();
}

function shuffled<T>(items: T[]): T[] {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    [items[last], items[other]] = [items[other] as T, items[last] as T];
  }
  return items;
}
