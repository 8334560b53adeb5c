/**
 * One ws-server in several processes: one reads Kafka, the others serve clients on one port, and this one starts them,
 * starts them again when they end, and speaks for all of them. Whoever dies takes only its own clients along.
 */

import cluster from 'node:cluster';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Logger, messageOf } from '@odin/runtime';
import { Child } from './child.ts';
import { SERVING_FLAGS } from './flags.ts';
import { CHILD_ENV, type Order, type Question } from './messages.ts';
import { Totals } from './totals.ts';

const TICK_MS = 250;
const ORDER_TIMEOUT_MS = 1_000;
/** Ten seconds without a word: it hangs. */
const UNHEARD_MAX = 40;
const RESTART_MIN_MS = 100;
const RESTART_MAX_MS = 5_000;
/** Whoever lived that long did not fail at its start. */
const SETTLED_MS = 10_000;

const READER = 'reader';
const entry = (name: string) => fileURLToPath(new URL(`${name}.ts`, import.meta.url));

export interface SupervisorOptions {
  readonly workers: number;
  readonly log: Logger;
  /** What a process shall be, given the others. */
  readonly order: (child: Child, all: readonly Child[]) => Order;
  readonly answer: (what: Question) => Promise<unknown>;
}

export class Supervisor {
  readonly totals = new Totals();
  /** Times a process was started again, by what it does. */
  readonly restarts = { reader: 0, worker: 0 };
  readonly #options: SupervisorOptions;
  readonly #children = new Map<string, Child>();
  readonly #failures = new Map<string, number>();
  readonly #ticking: NodeJS.Timeout;
  #folder = '';
  #started = false;
  #ending = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#ticking = setInterval(() => this.#tick(), TICK_MS);
  }

  get children(): readonly Child[] {
    return [...this.#children.values()];
  }

  get workers(): readonly Child[] {
    return this.children.filter(({ name }) => name !== READER);
  }

  get reader(): Child | undefined {
    return this.#children.get(READER);
  }

  /** Resolves when every process is there. Throws when one of them cannot start. */
  async start(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'odin-feed-'));
    const failed = new AbortController();
    const names = Array.from({ length: this.#options.workers }, (_, index) => `worker-${index + 1}`);
    const starts = [READER, ...names].map((name) =>
      this.#start(name, (how) => failed.abort(new Error(`${name}: ${how}`))),
    );
    const broken = once(failed.signal, 'abort').then(() => Promise.reject(failed.signal.reason));
    await Promise.race([Promise.all(starts), broken]);
    this.#started = true;
  }

  /** Tells every process what it shall be, now. Resolves when all have obeyed, or could not. */
  async order(): Promise<void> {
    const { order } = this.#options;
    const all = this.children;
    await Promise.all(all.map((child) => child.order(order(child, all), ORDER_TIMEOUT_MS)));
  }

  /** Metrics of all processes, each as fresh as it can be. */
  async metrics() {
    await Promise.all(this.children.map((child) => child.measure(ORDER_TIMEOUT_MS)));
    return this.children.map(({ metrics }) => metrics);
  }

  /** From now on nobody is started again. */
  end(): void {
    this.#ending = true;
  }

  async stop(): Promise<void> {
    clearInterval(this.#ticking);
    for (const child of this.children) child.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Resolves once `gone` holds of the processes that are left; false when it does not in time. */
  async until(gone: (left: readonly Child[]) => boolean, withinMs: number): Promise<boolean> {
    const deadline = Date.now() + withinMs;
    while (!gone(this.children)) {
      if (Date.now() > deadline) return false;
      await sleep(TICK_MS / 10);
    }
    return true;
  }

  /** Resolves when the process is there: it listens, or, the reader, has reported. */
  async #start(name: string, onFailure: (how: string) => void): Promise<void> {
    const isReader = name === READER;
    const flags = isReader ? [] : SERVING_FLAGS;
    cluster.setupPrimary({
      exec: entry(isReader ? 'reader' : 'worker'),
      execArgv: [...process.execArgv, ...flags],
    });
    const worker = cluster.fork({
      [CHILD_ENV.name]: name,
      [CHILD_ENV.socket]: join(this.#folder, 'feed.sock'),
      [CHILD_ENV.count]: String(this.#options.workers),
      [CHILD_ENV.again]: this.#started ? '1' : '',
      [CHILD_ENV.from]: isReader ? this.#cursors().join(',') : '',
    });
    const child = new Child(name, worker, {
      onAsk: this.#options.answer,
      onExit: (how) => {
        onFailure(how);
        this.#exited(child, how);
      },
    });
    this.#children.set(name, child);
    if (isReader) await this.#reported(child);
    else await once(worker, 'listening');
  }

  async #reported(child: Child): Promise<void> {
    while (!child.report && this.#children.get(child.name) === child) await sleep(TICK_MS / 10);
  }

  /** Where every process has come to in the stream. */
  #cursors(): string[] {
    return [...new Set(this.workers.flatMap(({ report }) => report?.serving?.cursor ?? []))];
  }

  #exited(child: Child, how: string): void {
    const { name, metrics, startedAt } = child;
    if (this.#children.get(name) === child) this.#children.delete(name);
    void this.totals.retire(metrics);
    if (this.#ending || !this.#started) return;
    this.restarts[name === READER ? 'reader' : 'worker'] += 1;
    const failures = Date.now() - startedAt > SETTLED_MS ? 0 : (this.#failures.get(name) ?? 0) + 1;
    this.#failures.set(name, failures);
    const waitMs = failures === 0 ? 0 : Math.min(RESTART_MIN_MS * 2 ** (failures - 1), RESTART_MAX_MS);
    this.#options.log.error('a process ended, starting another', { process: name, how, waitMs });
    this.#startAgain(name, waitMs);
  }

  #startAgain(name: string, waitMs: number): void {
    setTimeout(() => {
      if (this.#ending || this.#children.has(name)) return;
      this.#start(name, () => undefined).catch((error: unknown) => {
        // The machine has no room for another process just now.
        this.#options.log.error('a process could not be started', { process: name, error: messageOf(error) });
        this.#startAgain(name, RESTART_MAX_MS);
      });
    }, waitMs);
  }

  #tick(): void {
    for (const child of this.children) {
      child.unheard += 1;
      if (child.unheard <= UNHEARD_MAX) continue;
      this.#options.log.error('a process hangs: it is killed', { process: child.name, pid: child.pid });
      child.kill();
    }
    void this.order();
  }
}
