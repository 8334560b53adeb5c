/** One run: processes, ramp, measurement, end, judgement. Ends by itself whatever happens. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Histogram } from './histogram.ts';
import type { FromWorker, Progress, ToWorker, WorkerResult } from './messages.ts';
import { Oracle } from './oracle.ts';
import type { LoadPlan } from './plan.ts';
import { type LoadResult, summarize } from './result.ts';
import { judge } from './verdict.ts';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
const TICK_MS = 500;
/** After the last scheduled connect, for the slowest handshakes. */
const RAMP_GRACE_MS = 10_000;
const RESULT_TIMEOUT_MS = 60_000;

export interface RunOptions {
  readonly plan: LoadPlan;
  readonly seconds: number;
  /** After the measurement, for what is still on its way. */
  readonly settleSeconds: number;
  /** With them, what arrived is compared with what Kafka holds. */
  readonly brokers: readonly string[];
  readonly onSnapshot?: (snapshot: Snapshot) => void;
  /** Called when all are connected, or will not be. The measurement waits for it. */
  readonly onConnected?: () => Promise<void>;
  /** Called when the measurement begins and ends. */
  readonly onMeasure?: (running: boolean) => void;
  /** Ends the run early, with the result so far. */
  readonly signal?: AbortSignal;
}

export interface Snapshot {
  readonly phase: 'ramp' | 'measure' | 'settle';
  readonly elapsedSeconds: number;
  readonly connected: number;
  readonly ended: number;
  /** Data frames since the start, of all clients. */
  readonly frames: number;
  readonly perSecond: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly loopDelayMs: number;
  readonly cpu: number;
}

export async function runLoad(options: RunOptions): Promise<LoadResult> {
  const { plan, seconds, settleSeconds, brokers } = options;
  const signal = options.signal ?? new AbortController().signal;
  const oracle = brokers.length > 0 ? new Oracle(brokers) : undefined;
  const workers = Array.from({ length: plan.workers }, () => new Worker());
  const view = new View(workers, options);
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined);
  try {
    await oracle?.ready();
    for (const [index, worker] of workers.entries()) worker.tell({ type: 'start', plan, worker: index });
    const deadline = performance.now() + (plan.clients / plan.ramp) * 1000 + RAMP_GRACE_MS;
    while (!signal.aborted && view.settledClients() < plan.clients && performance.now() < deadline)
      await pause(TICK_MS);
    const opened = view.connected();
    await options.onConnected?.();
    view.phase = 'measure';
    options.onMeasure?.(true);
    for (const worker of workers) worker.tell({ type: 'measure' });
    await pause(seconds * 1000);
    for (const worker of workers) worker.tell({ type: 'rest' });
    options.onMeasure?.(false);
    const until = Date.now();
    view.phase = 'settle';
    await pause(settleSeconds * 1000);
    const results = await Promise.all(workers.map((worker) => worker.finish()));
    const verdict =
      oracle &&
      judge(
        results.flatMap(({ ledgers }) => ledgers),
        oracle.series,
        until,
      );
    return summarize(plan, opened, results, verdict);
  } finally {
    view.stop();
    for (const worker of workers) worker.kill();
    await oracle?.stop();
  }
}

class Worker {
  progress: Progress | undefined;
  readonly #child: ChildProcess;
  readonly #result = Promise.withResolvers<WorkerResult>();

  constructor() {
    this.#child = fork(WORKER, [], { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', (message: FromWorker) => {
      if (message.type === 'progress') this.progress = message.progress;
      else this.#result.resolve(message.result);
    });
    this.#child.on('error', () => undefined);
    void once(this.#child, 'exit').then(([code]) => {
      this.#result.reject(new Error(`a load process ended early, with ${code}`));
    });
    this.#result.promise.catch(() => undefined);
  }

  tell(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message);
  }

  async finish(): Promise<WorkerResult> {
    this.tell({ type: 'finish' });
    const timer = setTimeout(() => this.kill(), RESULT_TIMEOUT_MS);
    return this.#result.promise.finally(() => clearTimeout(timer));
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** The sum of what the processes said last, twice a second. */
class View {
  phase: Snapshot['phase'] = 'ramp';
  readonly #workers: readonly Worker[];
  readonly #timer: NodeJS.Timeout;
  readonly #startedAt = performance.now();
  #frames = 0;
  #at = performance.now();

  constructor(workers: readonly Worker[], { onSnapshot }: RunOptions) {
    this.#workers = workers;
    this.#timer = setInterval(() => onSnapshot?.(this.#snapshot()), 2 * TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  connected(): number {
    return this.#sum(({ connected }) => connected);
  }

  settledClients(): number {
    return this.#sum(({ connected, ended }) => connected + ended);
  }

  #snapshot(): Snapshot {
    const latency = new Histogram();
    for (const { progress } of this.#workers) if (progress) latency.merge(progress.latency);
    const frames = this.#sum((progress) => progress.frames);
    const now = performance.now();
    const perSecond = Math.round(((frames - this.#frames) / (now - this.#at)) * 1000);
    this.#frames = frames;
    this.#at = now;
    return {
      phase: this.phase,
      elapsedSeconds: Math.round((now - this.#startedAt) / 1000),
      connected: this.connected(),
      ended: this.#sum(({ ended }) => ended),
      frames,
      perSecond,
      p50: latency.quantile(0.5),
      p99: latency.quantile(0.99),
      loopDelayMs: Math.max(0, ...this.#workers.map(({ progress }) => progress?.loopDelayMs ?? 0)),
      cpu: Math.max(0, ...this.#workers.map(({ progress }) => progress?.cpu ?? 0)),
    };
  }

  #sum(of: (progress: Progress) => number): number {
    return this.#workers.reduce((all, { progress }) => all + (progress ? of(progress) : 0), 0);
  }
}
