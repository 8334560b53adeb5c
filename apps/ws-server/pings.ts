/**
 * Protocol pings, so that a client that only listens is not forgotten by what stands between (cloud balancers drop idle
 * connections after 60 s), and a peer that vanished is noticed. Clients are spread over the interval, one part a second.
 */

import type { Client } from './hub/client.ts';

const TICK_MS = 1_000;

export class Pings {
  readonly #parts: Set<Client>[];
  readonly #timer: NodeJS.Timeout;
  #next = 0;
  #joined = 0;

  constructor(intervalSeconds: number) {
    this.#parts = Array.from({ length: intervalSeconds }, () => new Set<Client>());
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  add(client: Client): void {
    client.pingPart = this.#joined % this.#parts.length;
    this.#joined += 1;
    this.#parts[client.pingPart]?.add(client);
  }

  remove(client: Client): void {
    this.#parts[client.pingPart]?.delete(client);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    for (const client of this.#parts[this.#next] ?? []) {
      // A ping of a lagging client waits behind its backlog; backpressure judges that one.
      if (!client.alive && client.state === 'open') {
        client.ws.terminate();
        continue;
      }
      client.alive = false;
      client.ws.ping();
    }
    this.#next = (this.#next + 1) % this.#parts.length;
  }
}
