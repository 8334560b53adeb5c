/**
 * Sends clients elsewhere, so many a second, in random order: each with everything it is owed, a cursor up to there, and
 * 1012 with its own hint when to come back.
 */

import { CLOSE, restartReason } from '@odin/events';
import type { Client } from '../hub/client.ts';
import type { Hub } from '../hub/hub.ts';

const TICK_MS = 20;
const RETRY_SPREAD_MS = 3_000;

export class Shed {
  perSecond: number;
  closed = 0;
  readonly #clients: ReadonlySet<Client>;
  readonly #hub: Hub;
  readonly #timer: NodeJS.Timeout;
  #order: Client[] = [];
  /** Closes allowed by the rate and not done yet. */
  #due = 0;
  #at = performance.now();

  constructor(clients: ReadonlySet<Client>, hub: Hub, perSecond: number) {
    this.#clients = clients;
    this.#hub = hub;
    this.perSecond = perSecond;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    const burst = Math.max(1, this.perSecond);
    this.#due = Math.min(this.#due + ((now - this.#at) * this.perSecond) / 1000, burst);
    this.#at = now;
    for (; this.#due >= 1; this.#due -= 1) {
      const client = this.#next();
      if (!client) return;
      this.#close(client);
    }
  }

  /** Also those who came since the order was drawn: until nobody is left. */
  #next(): Client | undefined {
    const isOpen = ({ state }: Client) => state !== 'closing';
    while (this.#order.length > 0) {
      const client = this.#order.pop();
      if (client && isOpen(client)) return client;
    }
    this.#order = shuffled([...this.#clients].filter(isOpen));
    return this.#order.pop();
  }

  #close(client: Client): void {
    // Who lags or resumes has not been sent everything: its last cursor holds.
    const complete = client.state === 'open' && !client.waiting;
    this.#hub.settle(client);
    const cursor = complete ? this.#hub.position.cursor() : undefined;
    if (cursor) client.tell({ type: 'cursor', data: { cursor } });
    client.close(CLOSE.serviceRestart, restartReason(Math.floor(Math.random() * RETRY_SPREAD_MS)));
    this.closed += 1;
  }
}

function shuffled<T>(items: T[]): T[] {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    [items[last], items[other]] = [items[other] as T, items[last] as T];
  }
  return items;
}
