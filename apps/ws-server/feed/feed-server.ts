/**
 * The side of the process that reads Kafka: what it is told goes to every process that serves clients, encoded once, and
 * what they ask is answered.
 */

import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogGap } from '@odin/kafka';
import { type Logger, messageOf } from '@odin/runtime';
import { Position } from '../hub/position.ts';
import type { Feed, FeedEvent, FeedSink, Slice, Start } from './feed.ts';
import { Decoder, encode, type FeedMessage } from './messages.ts';

/** Kafka's health is known elsewhere about as well as here. */
export const HEALTH_MS = 250;
/** With more than this on its way to a process that reads, the reader of Kafka waits: the log keeps it better. */
const AHEAD_MAX_BYTES = 4 * 1024 * 1024;
/** Whoever reads nothing for so long is not waited for, until it has caught up. */
const STUCK_MS = 1_000;
const POLL_MS = 5;
/** So much is written at once, so that it can be seen how a process gets on with it. */
const WRITE_MAX_BYTES = 256 * 1024;
/** Whoever is that far behind does not read: it begins again where the others are, and its clients are told. */
const BACKLOG_MAX_BYTES = 64 * 1024 * 1024;

export class FeedServer implements FeedSink {
  readonly #feed: Feed;
  readonly #log: Logger;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** How far everything told reaches. */
  readonly #position = new Position();
  readonly #health: NodeJS.Timeout;
  #queue: Buffer[] = [];
  #queued = 0;
  readonly #stuck = new WeakSet<Socket>();

  constructor(feed: Feed, log: Logger) {
    this.#feed = feed;
    this.#log = log;
    this.#server = createServer((socket) => this.#join(socket));
    this.#health = setInterval(() => this.#tell({ type: 'health', health: feed.health() }), HEALTH_MS);
  }

  /** `path` of a Unix socket in a folder that only its owner may enter. */
  async listen(path: string): Promise<void> {
    this.#server.listen(path);
    await once(this.#server, 'listening');
  }

  /** Resolves once so many processes are there, or the time is over. */
  async joined(count: number, withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (this.#sockets.size < count && performance.now() < deadline) await sleep(POLL_MS);
  }

  stop(): void {
    clearInterval(this.#health);
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  epoch(epoch: string): void {
    this.#position.restart(epoch);
    this.#tell({ type: 'epoch', epoch });
  }

  start(positions: readonly Start[]): void {
    this.#move(positions);
    this.#tell({ type: 'start', positions });
  }

  rejoin(positions: readonly Start[]): void {
    this.#move(positions);
    this.#tell({ type: 'rejoin', positions });
  }

  slice({ events, ...slice }: Slice): void {
    this.#position.set(slice.topic, slice.partition, slice.next);
    this.#tell({ type: 'slice', ...slice }, events);
  }

  gaps(gaps: readonly LogGap[]): void {
    this.#tell({ type: 'gaps', gaps });
  }

  /** Resolves once nobody who reads is far behind. */
  async room(): Promise<void> {
    await Promise.all([...this.#sockets].map((socket) => this.#near(socket)));
  }

  async #near(socket: Socket): Promise<void> {
    let left = socket.writableLength;
    if (left <= AHEAD_MAX_BYTES) this.#stuck.delete(socket);
    for (let movedAt = performance.now(); left > AHEAD_MAX_BYTES && !this.#stuck.has(socket); ) {
      await sleep(POLL_MS);
      if (socket.writableLength < left) movedAt = performance.now();
      else if (performance.now() - movedAt > STUCK_MS) this.#stuck.add(socket);
      left = socket.destroyed ? 0 : socket.writableLength;
    }
  }

  #move(positions: readonly Start[]): void {
    for (const { topic, partition, next } of positions) this.#position.set(topic, partition, next);
  }

  /** With everything else of this turn, as one write. */
  #tell(message: FeedMessage, events?: readonly FeedEvent[]): void {
    if (this.#sockets.size === 0) return;
    if (this.#queue.length === 0) setImmediate(() => this.#flush());
    const frame = encode(message, events);
    this.#queue.push(frame);
    this.#queued += frame.length;
    if (this.#queued >= WRITE_MAX_BYTES) this.#flush();
  }

  #flush(): void {
    if (this.#queue.length === 0) return;
    const bytes = this.#queue.length === 1 ? (this.#queue[0] as Buffer) : Buffer.concat(this.#queue);
    this.#queue = [];
    this.#queued = 0;
    for (const socket of this.#sockets) {
      socket.write(bytes);
      if (socket.writableLength <= BACKLOG_MAX_BYTES) continue;
      this.#log.error('a process does not read what it is sent: it begins again', { bytes: socket.writableLength });
      socket.destroy();
    }
  }

  #join(socket: Socket): void {
    // What was told before is for those who were here.
    this.#flush();
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    const decoder = new Decoder((message) => {
      if (message.type === 'ask') void this.#answer(socket, message);
    });
    socket.on('data', (piece) => decoder.push(piece));
    socket.write(encode({ type: 'health', health: this.#feed.health() }));
    const { epoch } = this.#position;
    if (epoch === '') return;
    socket.write(encode({ type: 'epoch', epoch }));
    socket.write(encode({ type: 'rejoin', positions: this.#position.starts() }));
  }

  async #answer(socket: Socket, { id, ask }: FeedMessage & { type: 'ask' }): Promise<void> {
    try {
      const { events, ...reply } = await this.#feed.read(ask);
      socket.write(encode({ type: 'reply', id, ...reply }, events));
    } catch (error) {
      socket.write(encode({ type: 'failed', id, reason: messageOf(error) }));
    }
  }
}
