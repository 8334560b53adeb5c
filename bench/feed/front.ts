/** The whole way of an event: a real broker, and a real ws-server of three processes that reads it. */

import type { TopicSpec } from '@odin/kafka';
import type { LoadPlan } from '../../apps/loadtest/plan.ts';
import { type App, startApp } from '../../tests/support/app.ts';
import { startKafka, type TestKafka } from '../../tests/support/kafka.ts';
import { until } from '../../tests/support/wait.ts';
import { cpuSeconds } from './process.ts';
import { tokenName } from './stream.ts';

const START_TIMEOUT_MS = 30_000;
const SOURCES = 20;
const RAMP = 1_000;
const CHECKED = 60;

export interface Crowd {
  readonly clients: number;
  readonly tokens: number;
}

export const PARTS = ['primary', 'reader', 'worker'] as const;
export type Part = (typeof PARTS)[number];

export class Front {
  readonly kafka: TestKafka;
  readonly #server: App;
  readonly #kill: () => void;

  private constructor(kafka: TestKafka, server: App) {
    this.kafka = kafka;
    this.#server = server;
    this.#kill = () => {
      for (const pid of [server.pid, kafka.pid]) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It is gone already.
        }
      }
    };
    process.once('exit', this.#kill);
  }

  /** `env`: settings of the ws-server that differ. */
  static async start(topics?: readonly TopicSpec[], env: Record<string, string> = {}): Promise<Front> {
    const kafka = await startKafka(topics);
    try {
      const KAFKA_BROKERS = kafka.address;
      const settings = { KAFKA_BROKERS, INSTANCE: 'bench', WS_WORKERS: '1', LOG_LEVEL: 'warn', ...env };
      const front = new Front(kafka, await startApp('ws-server', settings));
      await front.ready();
      return front;
    } catch (error) {
      await kafka.remove();
      throw error;
    }
  }

  get port(): number {
    return this.#server.port;
  }

  /** What the ws-server had to complain about. */
  get complaints(): string[] {
    return this.#server.output().trim().split('\n').filter(Boolean);
  }

  async ready(): Promise<void> {
    await until('the ws-server reads Kafka', async () => (await this.#server.get('/readyz')).status === 200, {
      ms: START_TIMEOUT_MS,
      seen: () => this.complaints.slice(-5),
    });
  }

  async pid(part: Part): Promise<number> {
    if (part === 'primary') return this.#server.pid;
    return until(`there is a ${part}`, async () => (await this.#server.children(`/processes/${part}.ts`))[0]);
  }

  async cpu(part: Part): Promise<number> {
    return cpuSeconds(await this.pid(part));
  }

  /** Clients of one token each, in turn. */
  plan({ clients, tokens }: Crowd): LoadPlan {
    const host = `127.0.0.1:${this.port}`;
    return {
      target: { address: '127.0.0.1', port: this.port, host, path: '/ws', loopback: true },
      query: 'token={tokens}',
      clients,
      tokens: Array.from({ length: tokens }, (_, index) => tokenName(index)),
      tokensPerClient: 1,
      ramp: RAMP,
      every: Math.ceil(clients / CHECKED),
      stall: 0,
      workers: 2,
      sources: SOURCES,
    };
  }

  /**
   * Nobody reads Kafka until `work` is done: its reader is killed while its supervisor stands still. Then another reader
   * goes on where those that serve clients are. Resolves with when that was allowed to begin, by performance.now().
   */
  async withoutReader(work: () => Promise<unknown>): Promise<number> {
    process.kill(this.#server.pid, 'SIGSTOP');
    process.kill(await this.pid('reader'), 'SIGKILL');
    try {
      await work();
    } finally {
      process.kill(this.#server.pid, 'SIGCONT');
    }
    return performance.now();
  }

  async stop(): Promise<void> {
    await this.#server.end();
    await this.kafka.remove();
    process.off('exit', this.#kill);
  }
}
