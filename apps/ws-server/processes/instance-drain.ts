/** The admin verbs for all processes of an instance: each is told its part, and their answers are added up. */

import { type DrainControl, type DrainStatus, stateOf } from '../drain/drain.ts';
import type { Child } from './child.ts';
import type { Order } from './messages.ts';
import type { Supervisor } from './supervisor.ts';

export class InstanceDrain implements DrainControl {
  readonly #supervisor: Supervisor;
  #draining = false;
  #shedPerSecond: number | undefined;
  #endsAt: number | undefined;
  /** The reader of Kafka goes on until the last client was told. */
  #readerEnds = false;

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  drain(): Promise<void> {
    this.#draining = true;
    return this.#supervisor.order();
  }

  shed(perSecond: number): Promise<void> {
    this.#shedPerSecond = perSecond;
    return this.drain();
  }

  undrain(): Promise<void> {
    if (this.#endsAt === undefined) {
      this.#draining = false;
      this.#shedPerSecond = undefined;
    }
    return this.#supervisor.order();
  }

  async status(): Promise<DrainStatus> {
    await this.#supervisor.order();
    return this.known();
  }

  /** As of a moment ago. */
  known(): DrainStatus {
    const all = this.#statuses();
    const sum = (of: (status: DrainStatus) => number) => all.reduce((total, status) => total + of(status), 0);
    const clients = sum((status) => status.clients);
    const ages = all.flatMap(({ lastConnectionMsAgo }) => lastConnectionMsAgo ?? []);
    const perSecond = this.#shedPerSecond;
    return {
      state: stateOf(this.#endsAt !== undefined, perSecond !== undefined, this.#draining),
      clients,
      lastConnectionMsAgo: ages.length > 0 ? Math.min(...ages) : null,
      connectionsTotal: sum(({ connectionsTotal }) => connectionsTotal),
      shed:
        perSecond === undefined
          ? null
          : { perSecond, closed: sum(({ shed }) => shed?.closed ?? 0), secondsLeft: Math.ceil(clients / perSecond) },
    };
  }

  /** What `child` shall be. `privateBytes`: of all processes. */
  order(child: Child, privateBytes: number): Order {
    const { clients } = this.known();
    const own = child.report?.serving?.drain.clients ?? 0;
    const { workers, reader } = this.#supervisor;
    const isReader = child === reader;
    const endsAt = isReader && !this.#readerEnds ? undefined : this.#endsAt;
    const share = clients > 0 ? own / clients : 1 / Math.max(1, workers.length);
    return {
      draining: this.#draining,
      served: workers.some(({ report }) => report?.serving?.served),
      elsewhere: {
        connections: clients - own,
        privateBytes: privateBytes - (child.report?.memory.privateBytes ?? 0),
      },
      ...(this.#shedPerSecond !== undefined && { shedPerSecond: this.#shedPerSecond * share }),
      ...(endsAt !== undefined && { endWithinMs: Math.max(0, endsAt - Date.now()) }),
    };
  }

  /** Every client is sent elsewhere, every process that serves any ends. */
  async end(withinMs: number): Promise<void> {
    this.#endsAt = Date.now() + withinMs;
    await this.#supervisor.order();
    await this.#supervisor.until((left) => left.every((child) => child === this.#supervisor.reader), withinMs);
  }

  async endReader(withinMs: number): Promise<void> {
    this.#readerEnds = true;
    await this.#supervisor.order();
    await this.#supervisor.until((left) => left.length === 0, withinMs);
  }

  #statuses(): DrainStatus[] {
    return this.#supervisor.workers.flatMap(({ report }) => report?.serving?.drain ?? []);
  }
}
