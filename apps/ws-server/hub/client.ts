/** One connected client, as the hub sees it. */

import type { Duplex } from 'node:stream';
import type { CLOSE, ClientMessage, ServerMessage } from '@odin/events';
import type { WebSocket } from 'ws';
import { textFrame } from './frames.ts';
import type { Group } from './group.ts';
import { Memberships } from './memberships.ts';

/** After a close frame was queued behind a backlog that the client does not read. */
const TERMINATE_AFTER_MS = 5_000;

/** `lagging`: nothing is appended until its queue is empty. `closing`: nothing any more. */
export type ClientState = 'open' | 'lagging' | 'closing';

export interface Lag {
  readonly since: number;
  /** Where each of its groups stood when the client first missed something of it. */
  readonly standings: Map<Group, Float64Array>;
}

export class Client {
  readonly ws: WebSocket;
  /** The raw socket of the upgrade. Whole frames may be written to it between calls of `ws` (no compression). */
  readonly socket: Duplex;
  readonly memberships = new Memberships();
  state: ClientState = 'open';
  lag: Lag | undefined;
  /** Set while a resume is under way: what it asked for meanwhile, to be done after. */
  waiting: Exclude<ClientMessage, { type: 'heartbeat' }>[] | undefined;
  /** Batches to write together at the end of a flush: only clients of several groups have any. */
  pending: Buffer[] | undefined;
  /** Which of the parts that are pinged in turn it belongs to. */
  pingPart = 0;
  /** Whether it answered the last ping. */
  alive = true;
  /** Messages it sent in the second that began at `secondAt`. */
  messages = 0;
  secondAt = 0;

  constructor(ws: WebSocket, socket: Duplex) {
    this.ws = ws;
    this.socket = socket;
  }

  /** A message to this client alone. */
  tell(message: ServerMessage): void {
    if (this.state !== 'closing' && this.socket.writable) this.socket.write(textFrame(JSON.stringify(message)));
  }

  write(views: readonly Buffer[]): void {
    const [only] = views;
    if (only && views.length === 1) {
      this.socket.write(only);
      return;
    }
    this.socket.cork();
    for (const view of views) this.socket.write(view);
    this.socket.uncork();
  }

  close(code: (typeof CLOSE)[keyof typeof CLOSE], reason: string): void {
    if (this.state === 'closing') return;
    this.state = 'closing';
    this.ws.close(code, reason);
    const timer = setTimeout(() => this.ws.terminate(), TERMINATE_AFTER_MS);
    timer.unref();
    this.ws.once('close', () => clearTimeout(timer));
  }
}
