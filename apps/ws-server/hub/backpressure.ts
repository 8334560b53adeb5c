/**
 * Clients that read too slowly. Above the first threshold a client is lagging: nothing more is queued for it, and once
 * its queue is empty it is told exactly what it missed. Above the second, or after too long, it is closed with 1008.
 * Every message not delivered is counted.
 */

import { CLOSE, type GapRange } from '@odin/events';
import type { Stats } from '../stats.ts';
import type { Client } from './client.ts';
import type { Batch } from './group.ts';

const SWEEP_MS = 1_000;

export interface Limits {
  /** Queued bytes above which a client is lagging. */
  readonly lagBytes: number;
  /** Queued bytes above which it is closed. */
  readonly queueBytes: number;
  /** How long it may lag. */
  readonly lagMs: number;
}

export class Backpressure {
  readonly #limits: Limits;
  readonly #stats: Stats;
  readonly #epoch: () => string;
  readonly #latest: (ranges: readonly GapRange[]) => Buffer[];
  readonly #lagging = new Set<Client>();
  readonly #sweep: NodeJS.Timeout;

  /** `latest` returns the frames that follow a gap: what makes up for a part of it. */
  constructor(
    limits: Limits,
    stats: Stats,
    epoch: () => string,
    latest: (ranges: readonly GapRange[]) => Buffer[] = () => [],
  ) {
    this.#limits = limits;
    this.#stats = stats;
    this.#epoch = epoch;
    this.#latest = latest;
    this.#sweep = setInterval(() => this.#closeStuck(), SWEEP_MS).unref();
  }

  /** Whether `batch` may be written to `client`. If not, it has been counted and will be told. */
  admits(client: Client, batch: Batch): boolean {
    if (client.state === 'open' && client.socket.writableLength <= this.#limits.lagBytes) return true;
    if (client.state === 'closing') {
      if (!batch.group.probe) this.#stats.messagesDropped.closing += batch.records;
      return false;
    }
    if (!client.lag) {
      client.state = 'lagging';
      client.lag = { since: Date.now(), standings: new Map() };
      this.#lagging.add(client);
      this.#stats.lagging = this.#lagging.size;
    }
    if (!client.lag.standings.has(batch.group)) client.lag.standings.set(batch.group, batch.group.standing());
    if (!batch.group.probe) this.#stats.messagesDropped.slow += batch.records;
    return false;
  }

  /** The client's queue is empty: tell what it missed, then go on. */
  drained(client: Client): void {
    const { lag } = client;
    if (!lag || client.state !== 'lagging') return;
    this.forget(client);
    client.state = 'open';
    const ranges = [...lag.standings].flatMap(([group, standing]) => group.missed(standing));
    client.tell({ type: 'gap', data: { reason: 'lagging', epoch: this.#epoch(), ranges } });
    this.#stats.gapsSent.lagging += 1;
    const states = this.#latest(ranges);
    if (states.length > 0) client.write(states);
  }

  forget(client: Client): void {
    client.lag = undefined;
    this.#lagging.delete(client);
    this.#stats.lagging = this.#lagging.size;
  }

  stop(): void {
    clearInterval(this.#sweep);
  }

  #closeStuck(): void {
    const latest = Date.now() - this.#limits.lagMs;
    for (const client of this.#lagging) {
      const tooLong = (client.lag?.since ?? 0) < latest;
      if (!tooLong && client.socket.writableLength <= this.#limits.queueBytes) continue;
      this.forget(client);
      client.close(CLOSE.policy, 'too slow');
    }
  }
}
