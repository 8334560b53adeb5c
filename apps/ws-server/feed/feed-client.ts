/** The side of a process that serves clients: everything the reader of Kafka tells goes into the hub. */

import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TailHealth } from '@odin/kafka';
import type { Ask, Feed, FeedEvent, FeedSink, Reply } from './feed.ts';
import { HEALTH_MS } from './feed-server.ts';
import { Decoder, encode, type FeedMessage } from './messages.ts';

const RETRY_MS = 50;
/** So long without a word, and nobody knows how Kafka is. */
const SILENT_MS = 8 * HEALTH_MS;

/** Nobody knows how Kafka is. */
export const UNKNOWN: TailHealth = {
  healthy: false,
  epoch: undefined,
  assigned: 0,
  partitions: 0,
  fetchedMsAgo: null,
  lag: 0,
  recoveries: 0,
  reason: 'the process that reads Kafka does not answer',
};

interface Pending {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

export class FeedClient implements Feed {
  readonly #path: string;
  readonly #pending = new Map<number, Pending>();
  #running: Promise<void> | undefined;
  #socket: Socket | undefined;
  #health = UNKNOWN;
  #heardAt = Number.NEGATIVE_INFINITY;
  #asks = 0;
  #stopped = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Connects, and again whenever the other side was away. */
  start(sink: FeedSink): void {
    this.#running = this.#run(sink);
  }

  health(): TailHealth {
    const known = this.#socket !== undefined && performance.now() - this.#heardAt < SILENT_MS;
    return known ? this.#health : { ...UNKNOWN, epoch: this.#health.epoch };
  }

  read(ask: Ask): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (!this.#socket) {
        reject(new Error(UNKNOWN.reason));
        return;
      }
      this.#asks += 1;
      this.#pending.set(this.#asks, { resolve, reject });
      this.#socket.write(encode({ type: 'ask', id: this.#asks, ask }));
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#socket?.destroy();
    await this.#running;
  }

  async #run(sink: FeedSink): Promise<void> {
    while (!this.#stopped) {
      await this.#session(sink);
      for (const { reject } of this.#pending.values()) reject(new Error(UNKNOWN.reason));
      this.#pending.clear();
      if (!this.#stopped) await sleep(RETRY_MS);
    }
  }

  /** Resolves when the connection is over, or there never was one. */
  #session(sink: FeedSink): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect(this.#path);
      const decoder = new Decoder((message, events) => this.#hear(sink, message, events));
      socket.on('connect', () => {
        this.#socket = socket;
      });
      socket.on('data', (piece) => decoder.push(piece));
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        this.#socket = undefined;
        resolve();
      });
    });
  }

  #hear(sink: FeedSink, message: FeedMessage, events: FeedEvent[]): void {
    if (message.type === 'slice') sink.slice({ ...message, events });
    else if (message.type === 'epoch') sink.epoch(message.epoch);
    else if (message.type === 'start' || message.type === 'rejoin') sink[message.type](message.positions);
    else if (message.type === 'gaps') sink.gaps(message.gaps);
    else if (message.type === 'reply') this.#settle(message.id)?.resolve({ ...message, events });
    else if (message.type === 'failed') this.#settle(message.id)?.reject(new Error(message.reason));
    else if (message.type === 'health') {
      this.#health = message.health;
      this.#heardAt = performance.now();
    }
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }
}
