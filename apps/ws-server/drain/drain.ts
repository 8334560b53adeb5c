/**
 * The end of an instance that nobody notices, in steps that whoever deploys takes one by one: `drain` (the load balancer
 * looks elsewhere, whoever comes is still served), `shed` (clients are sent elsewhere), and back with `undrain`. SIGTERM
 * alone takes them all, within the grace period.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../hub/client.ts';
import type { Hub } from '../hub/hub.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Stats } from '../stats.ts';
import { Shed } from './shed.ts';

export const SHED_RATE_MAX = 100_000;
const CLOSES_PER_SECOND_MIN = 200;
/** Share of the grace period in which the last close is sent. */
const SPREAD_SHARE = 1 / 3;
const POLL_MS = 20;
/** Kept back from the grace period for the exit itself. */
const RESERVE_MS = 1_000;

/** Who is asked by the admin socket: one process, or all of an instance. */
export interface DrainControl {
  /** `/lb` answers 503 from now on; nothing else changes. */
  drain(): void | Promise<void>;
  /** Closes `perSecond` clients a second until none is left; implies `drain`. A later call changes the rate. */
  shed(perSecond: number): void | Promise<void>;
  undrain(): void | Promise<void>;
  status(): DrainStatus | Promise<DrainStatus>;
}

export interface DrainStatus {
  readonly state: 'serving' | 'draining' | 'shedding' | 'ending';
  /** Clients connected now. */
  readonly clients: number;
  /** Since the last client came; null when none ever did. A load balancer that has agreed sends no more. */
  readonly lastConnectionMsAgo: number | null;
  readonly connectionsTotal: number;
  readonly shed: { readonly perSecond: number; readonly closed: number; readonly secondsLeft: number } | null;
}

export class Drain implements DrainControl {
  readonly #lifecycle: Lifecycle;
  readonly #clients: ReadonlySet<Client>;
  readonly #hub: Hub;
  readonly #stats: Stats;
  #shed: Shed | undefined;

  constructor(lifecycle: Lifecycle, clients: ReadonlySet<Client>, hub: Hub, stats: Stats) {
    this.#lifecycle = lifecycle;
    this.#clients = clients;
    this.#hub = hub;
    this.#stats = stats;
  }

  drain(): void {
    this.#lifecycle.draining = true;
  }

  shed(perSecond: number): void {
    this.drain();
    if (this.#shed) this.#shed.perSecond = perSecond;
    else this.#shed = new Shed(this.#clients, this.#hub, perSecond);
  }

  undrain(): void {
    if (this.#lifecycle.ending) return;
    this.#shed?.stop();
    this.#shed = undefined;
    this.#lifecycle.draining = false;
  }

  status(): DrainStatus {
    const { ending, draining } = this.#lifecycle;
    const { size } = this.#clients;
    const shed = this.#shed;
    const { connectionsTotal, lastConnectionAt } = this.#stats;
    return {
      state: stateOf(ending, shed !== undefined, draining),
      clients: size,
      lastConnectionMsAgo: lastConnectionAt === 0 ? null : Date.now() - lastConnectionAt,
      connectionsTotal,
      shed: shed
        ? { perSecond: shed.perSecond, closed: shed.closed, secondsLeft: Math.ceil(size / shed.perSecond) }
        : null,
    };
  }

  /** Nobody new, and everybody sent elsewhere. What is left when the grace period is nearly over is cut. */
  async end(graceMs: number): Promise<void> {
    const deadline = Date.now() + Math.max(0, graceMs - RESERVE_MS);
    this.#lifecycle.ending = true;
    const spreadSeconds = (graceMs * SPREAD_SHARE) / 1000;
    this.shed(Math.max(CLOSES_PER_SECOND_MIN, this.#shed?.perSecond ?? 0, this.#clients.size / spreadSeconds));
    while (this.#clients.size > 0 && Date.now() < deadline) await sleep(POLL_MS);
    this.#shed?.stop();
    for (const client of this.#clients) client.ws.terminate();
  }
}

export function stateOf(ending: boolean, shedding: boolean, draining: boolean): DrainStatus['state'] {
  if (ending) return 'ending';
  if (shedding) return 'shedding';
  return draining ? 'draining' : 'serving';
}
