/** Whoever is measured: started, fed, loaded, asked how it is, ended. */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadPlan } from '../../apps/loadtest/plan.ts';
import type { LoadResult } from '../../apps/loadtest/result.ts';
import { runLoad } from '../../apps/loadtest/run.ts';
import { SERVING_FLAGS } from '../../apps/ws-server/processes/flags.ts';
import { buildCentrifugo, centrifugoSender, configureCentrifugo } from './centrifugo.ts';
import { Feeder, type Offer, type Send } from './feeder.ts';
import type { Standing } from './peers/peer.ts';
import { cpuSeconds, end, rssBytes, startPeer, startPinned } from './process.ts';
import { encodeMessages, tokenName } from './stream.ts';

export const SUBJECTS = ['ours', 'naive', 'plain-net', 'centrifugo'] as const;
export type SubjectName = (typeof SUBJECTS)[number];

const START_TIMEOUT_MS = 15_000;
/** Loopback addresses that the clients connect from, so that no round waits for the ports of the last. */
const SOURCES = 20;
const CHECKED_MAX = 40;
const RAMP = 2_000;

export interface Trial {
  readonly clients: number;
  readonly tokens: number;
  /** Deliveries a second that are offered; 0 for none. */
  readonly offered: number;
  readonly burst: number;
  readonly seconds: number;
  readonly stall?: number;
  /** Seconds of messages before the measurement. */
  readonly warm?: number;
  /** What happens beside it; the result waits for it. */
  readonly onWarm?: () => Promise<unknown>;
  readonly onMeasure?: () => Promise<unknown>;
}

export interface Measured {
  readonly load: LoadResult;
  readonly offered: number;
  readonly perSecond: number;
  readonly p99: number;
  /** Cores of the server while measured. */
  readonly cpu: number;
  /** At the end of the measurement. */
  readonly rss: number;
  readonly standing: Standing | undefined;
}

export class Subject {
  readonly name: SubjectName;
  readonly #child: ChildProcess;
  readonly #port: number;
  readonly #feeder: Feeder;

  private constructor(name: SubjectName, child: ChildProcess, port: number, send: Send) {
    this.name = name;
    this.#child = child;
    this.#port = port;
    this.#feeder = new Feeder(send);
  }

  static async start(name: SubjectName): Promise<Subject> {
    if (name === 'centrifugo') {
      const program = await buildCentrifugo();
      const { port, args } = await configureCentrifugo(program);
      const child = startPinned(program, args, { GOMAXPROCS: '1' });
      for (let waited = 0; waited < START_TIMEOUT_MS && !(await answers(port)); waited += 50) await sleep(50);
      return new Subject(name, child, port, centrifugoSender(port));
    }
    const child = startPeer(name, name === 'ours' ? SERVING_FLAGS : []);
    const [ready] = (await once(child, 'message', { signal: AbortSignal.timeout(START_TIMEOUT_MS) })) as [
      { port: number; feedPort: number },
    ];
    const feed = connect(ready.feedPort, '127.0.0.1').setNoDelay(true);
    feed.on('error', () => undefined);
    return new Subject(name, child, ready.port, (messages) => feed.write(encodeMessages(messages)));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** After a collection, where the process can do one. */
  async standing(): Promise<Standing | undefined> {
    if (this.name === 'centrifugo' || !this.#child.connected) return undefined;
    const answer = once(this.#child, 'message', { signal: AbortSignal.timeout(START_TIMEOUT_MS) });
    this.#child.send('standing');
    return ((await answer) as [Standing])[0];
  }

  /** Clients of one token each, in turn. */
  plan({ clients, tokens, stall = 0 }: Pick<Trial, 'clients' | 'tokens' | 'stall'>): LoadPlan {
    const isCentrifugo = this.name === 'centrifugo';
    return {
      target: {
        address: '127.0.0.1',
        port: this.#port,
        host: `127.0.0.1:${this.#port}`,
        path: isCentrifugo ? '/connection/uni_websocket' : '/ws',
        loopback: true,
      },
      query: isCentrifugo ? '' : 'token={tokens}&events=trade',
      ...(isCentrifugo && { hello: '{"subs":{"{tokens}":{}}}' }),
      clients,
      tokens: Array.from({ length: tokens }, (_, index) => tokenName(index)),
      tokensPerClient: 1,
      ramp: RAMP,
      every: Math.ceil(clients / CHECKED_MAX),
      stall,
      workers: 2,
      sources: SOURCES,
    };
  }

  async run(trial: Trial): Promise<Measured> {
    const { clients, tokens, offered, burst, seconds, stall = 0, warm = 0 } = trial;
    const offer: Offer = { perSecond: (offered * tokens) / clients, tokens, burst };
    let before = { cpu: 0, at: 0 };
    let during = { cpu: 0, rss: 0 };
    let standing: Promise<Standing | undefined> = Promise.resolve(undefined);
    let beside: Promise<unknown> | undefined;
    const load = await runLoad({
      plan: this.plan(trial),
      seconds,
      // While the clients are still there, the server is asked how it is.
      settleSeconds: offered === 0 || stall > 0 ? 1 : 0,
      brokers: [],
      onConnected: async () => {
        if (warm === 0) return;
        this.#feeder.start(offer);
        await trial.onWarm?.();
        await sleep(warm * 1000);
      },
      onMeasure: (running) => {
        if (running) {
          before = { cpu: cpuSeconds(this.pid), at: performance.now() };
          if (offered > 0 && warm === 0) this.#feeder.start(offer);
          beside = trial.onMeasure?.();
          return;
        }
        this.#feeder.stop();
        const elapsed = (performance.now() - before.at) / 1000;
        during = { cpu: (cpuSeconds(this.pid) - before.cpu) / elapsed, rss: rssBytes(this.pid) };
        standing = this.standing();
      },
    });
    await beside;
    const { perSecond } = load.deliveries;
    return { load, offered, perSecond, p99: load.latencyMs.p99 ?? 0, ...during, standing: await standing };
  }

  async stop(): Promise<void> {
    this.#feeder.stop();
    await end(this.#child);
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const open = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  socket.destroy();
  return open;
}
