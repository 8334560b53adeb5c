/** One load process: its share of the clients, told by its parent when to begin, to measure and to end. */

import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from './connection.ts';
import { Histogram } from './histogram.ts';
import type { FromWorker, Progress, ToWorker } from './messages.ts';
import { SelfMeter } from './meter.ts';
import { type ClientPlan, type LoadPlan, shareOf } from './plan.ts';

const PROGRESS_MS = 500;
const RAMP_TICK_MS = 5;
const CLOSE_WAIT_MS = 3_000;
/** What a stalled client finds when it reads again: a backlog, then perhaps a close frame. */
const STALLED_WAIT_MS = 3_000;

class Load {
  readonly #connections = new Set<Connection>();
  readonly #all: Connection[] = [];
  readonly #ends = new Map<string, number>();
  readonly #stalledEnds = new Map<string, number>();
  readonly #connectMs = new Histogram();
  readonly #latency = new Histogram();
  readonly #meter = new SelfMeter();
  readonly #framesBefore = new Map<Connection, number>();
  readonly #framesWhile = new Map<Connection, number>();
  #measuring = false;
  #measured = { frames: 0, bytes: 0, ms: 0 };
  #connected = 0;
  #stopped = false;

  async ramp(plan: LoadPlan, clients: readonly ClientPlan[]): Promise<void> {
    const startedAt = performance.now();
    for (const client of clients) {
      while (performance.now() - startedAt < client.atMs) await sleep(RAMP_TICK_MS);
      if (this.#stopped) return;
      const connection = new Connection(plan, client, {
        opened: () => {
          this.#connected += 1;
          // From the scheduled time: a ramp that falls behind shows.
          this.#connectMs.add(performance.now() - startedAt - client.atMs);
        },
        ended: (ended, how) => this.#end(ended, how),
        latency: (ms) => {
          if (this.#measuring) this.#latency.add(ms);
        },
      });
      this.#connections.add(connection);
      this.#all.push(connection);
    }
  }

  measure(): void {
    this.#measuring = true;
    this.#measured = { ...this.#totals(), ms: performance.now() };
    this.#meter.restart();
    for (const connection of this.#connections) this.#framesBefore.set(connection, connection.reader.frames);
  }

  rest(): void {
    this.#measuring = false;
    const { frames, bytes } = this.#totals();
    const before = this.#measured;
    this.#measured = {
      frames: frames - before.frames,
      bytes: bytes - before.bytes,
      ms: performance.now() - before.ms,
    };
    this.#meter.rest();
    for (const [connection, before] of this.#framesBefore) {
      const { checked, stalled } = connection.plan;
      if (!checked && !stalled) this.#framesWhile.set(connection, connection.reader.frames - before);
    }
  }

  async finish(): Promise<FromWorker> {
    this.#stopped = true;
    const stalled = [...this.#connections].filter(({ plan }) => plan.stalled);
    for (const connection of stalled) connection.resume();
    if (stalled.length > 0)
      await this.#until(() => stalled.every((each) => !this.#connections.has(each)), STALLED_WAIT_MS);
    const ledgers = this.#all.flatMap(({ ledger }) => (ledger ? [ledger.state()] : []));
    for (const connection of this.#connections) connection.close();
    await this.#until(() => this.#connections.size === 0, CLOSE_WAIT_MS);
    for (const connection of this.#connections) connection.destroy();
    await this.#until(() => this.#connections.size === 0, CLOSE_WAIT_MS);
    return {
      type: 'result',
      result: {
        progress: this.progress(),
        measured: this.#measured,
        connectMs: { counts: this.#connectMs.counts, max: this.#connectMs.max },
        ends: Object.fromEntries(this.#ends),
        stalledEnds: Object.fromEntries(this.#stalledEnds),
        ledgers,
        counted: [...this.#framesWhile].map(([{ plan }, frames]) => ({ tokens: plan.tokens.join(','), frames })),
      },
    };
  }

  progress(): Progress {
    return {
      connected: this.#connected,
      ended: this.#all.length - this.#connections.size,
      ...this.#totals(),
      ...this.#meter.read(),
      latency: { counts: this.#latency.counts, max: this.#latency.max },
    };
  }

  #totals(): { frames: number; bytes: number } {
    let frames = 0;
    let bytes = 0;
    for (const connection of this.#all) {
      frames += connection.reader.frames;
      bytes += connection.bytes;
    }
    return { frames, bytes };
  }

  #end(connection: Connection, how: string): void {
    this.#connections.delete(connection);
    const ends = connection.plan.stalled ? this.#stalledEnds : this.#ends;
    ends.set(how, (ends.get(how) ?? 0) + 1);
    if (connection.open) this.#connected -= 1;
  }

  async #until(done: () => boolean, ms: number): Promise<void> {
    const deadline = performance.now() + ms;
    while (!done() && performance.now() < deadline) await sleep(RAMP_TICK_MS);
  }
}

const load = new Load();
const say = (message: FromWorker) => process.send?.(message);

process.on('message', async (message: ToWorker) => {
  switch (message.type) {
    case 'start':
      setInterval(() => say({ type: 'progress', progress: load.progress() }), PROGRESS_MS).unref();
      await load.ramp(message.plan, shareOf(message.plan, message.worker));
      return;
    case 'measure':
      load.measure();
      return;
    case 'rest':
      load.rest();
      return;
    case 'finish':
      process.send?.(await load.finish(), () => process.exit(0));
  }
});
// Load without anybody who would end it is the worst that could be left behind.
process.on('disconnect', () => process.exit(1));
