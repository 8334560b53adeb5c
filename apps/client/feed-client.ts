/**
 * A client of the live feed, for browsers and Node alike. It stays connected: after any close it connects again, sooner
 * or later as the server asked or the backoff says, with the channels it had, and resumes at its cursor. Every event of
 * its channels is then either given to the listeners of `event`, once and in order within its channel, or inside a range
 * of a `gap`; a gap of reason `epoch` means that offsets began again, and its ranges hold what the present epoch already
 * had. `cursor` may be stored and passed to another client, also days later and to another instance.
 *
 *     const feed = new FeedClient('wss://feed.example/ws', { tokens: ['BTC'] });
 *     feed.on('event', ({ channel, event }) => console.log(channel, event.data));
 */

import type { Envelope, ServerMessage } from '@odin/events';
import { backoffMs, restartHintMs } from './backoff.ts';
import { Emitter, type FeedEvents, type FeedState } from './events.ts';
import { Progress } from './progress.ts';
import { Repeats } from './repeats.ts';

/** A browser sees no pings, so silence is broken by asking. */
const HEARTBEAT_MS = 20_000;
const SILENCE_MAX_MS = 45_000;
/** A connection that held this long ends a row of failures. */
const STABLE_MS = 5_000;
/** With a cursor of two kilobytes and the longest tokens a message still fits the server's 4 KB. */
const CHANNELS_PER_MESSAGE = 40;
const CLOSE_NORMAL = 1000;

export interface FeedOptions {
  /** All channels of these tokens; none when absent. */
  readonly tokens?: readonly string[];
  /** Only these suffixes (`trade`, `analytics`, …) of the tokens. */
  readonly events?: readonly string[];
  /** Where to begin: `cursor` of an earlier client. The live end when absent. */
  readonly cursor?: string;
}

export class FeedClient {
  readonly #url: string;
  readonly #options: FeedOptions;
  readonly #emitter = new Emitter();
  readonly #repeats = new Repeats();
  readonly #progress = new Progress();
  #socket: WebSocket | undefined;
  // What was changed beside the query of the URL; both are asked for again after a reconnect.
  readonly #added = new Set<string>();
  readonly #removed = new Set<string>();
  readonly #channels = new Set<string>();
  #attempt = 0;
  #openedAt = 0;
  #heardAt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #closed = false;

  /** `url`: `ws://host:port/ws`. Connects at once. */
  constructor(url: string, options: FeedOptions = {}) {
    this.#url = url;
    this.#options = options;
    if (options.cursor) this.#progress.state(options.cursor);
    // Not in this turn, so that the caller's listeners hear the first state.
    queueMicrotask(() => this.#connect());
  }

  on<K extends keyof FeedEvents>(name: K, listener: (value: FeedEvents[K]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  /** The channels that the server confirmed for this connection. */
  get channels(): readonly string[] {
    return [...this.#channels];
  }

  /** Where this client stands, as text; undefined before the first welcome. See docs/wire.md. */
  get cursor(): string | undefined {
    const added = [...this.#added].map((channel) => channel.slice(0, channel.lastIndexOf('.')));
    return this.#progress.cursor(new Set([...(this.#options.tokens ?? []), ...added]).size <= 1);
  }

  /** Channels such as `BTC.trade`. Holds over reconnects; what the server refuses is told by `error`. */
  subscribe(channels: readonly string[]): void {
    for (const channel of channels) {
      this.#added.add(channel);
      this.#removed.delete(channel);
    }
    this.#ask('subscribe', channels);
  }

  unsubscribe(channels: readonly string[]): void {
    for (const channel of channels) {
      this.#added.delete(channel);
      this.#removed.add(channel);
    }
    this.#ask('unsubscribe', channels);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#retry);
    clearInterval(this.#heartbeat);
    this.#socket?.close(CLOSE_NORMAL);
    this.#state({ name: 'closed' });
  }

  #connect(): void {
    if (this.#closed) return;
    this.#state({ name: 'connecting' });
    const { cursor } = this;
    const socket = new WebSocket(this.#address(cursor));
    this.#socket = socket;
    this.#openedAt = 0;
    socket.onopen = () => {
      this.#openedAt = this.#heardAt = Date.now();
      if (cursor) this.#ask('resume', [...this.#added], cursor);
      else this.#ask('subscribe', [...this.#added]);
      this.#ask('unsubscribe', [...this.#removed]);
      this.#heartbeat = setInterval(() => this.#checkHeart(socket), HEARTBEAT_MS);
    };
    socket.onmessage = ({ data }) => {
      this.#heardAt = Date.now();
      this.#receive(String(data));
    };
    socket.onclose = ({ code, reason }) => this.#lost(socket, code, reason);
  }

  #address(cursor: string | undefined): string {
    const url = new URL(this.#url);
    const { tokens = [], events = [] } = this.#options;
    if (tokens.length > 0) url.searchParams.set('token', tokens.join(','));
    if (events.length > 0) url.searchParams.set('events', events.join(','));
    if (cursor) url.searchParams.set('cursor', cursor);
    return url.href;
  }

  #lost(socket: WebSocket, code: number, reason: string): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    clearInterval(this.#heartbeat);
    if (this.#closed) return;
    if (this.#openedAt > 0 && Date.now() - this.#openedAt >= STABLE_MS) this.#attempt = 0;
    const ms = restartHintMs(code, reason) ?? backoffMs(this.#attempt);
    this.#attempt += 1;
    this.#retry = setTimeout(() => this.#connect(), ms);
    this.#state({ name: 'waiting', ms, code });
  }

  #checkHeart(socket: WebSocket): void {
    if (Date.now() - this.#heardAt > SILENCE_MAX_MS) {
      // The close handshake of a dead connection would take as long again.
      socket.close();
      this.#lost(socket, 1006, 'silence');
      return;
    }
    this.#send({ type: 'heartbeat' });
  }

  #ask(type: 'subscribe' | 'unsubscribe' | 'resume', channels: readonly string[], cursor?: string): void {
    for (let at = 0; at < channels.length; at += CHANNELS_PER_MESSAGE) {
      const data = { channels: channels.slice(at, at + CHANNELS_PER_MESSAGE), ...(cursor && { cursor }) };
      this.#send({ type, data });
    }
  }

  #send(message: unknown): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #receive(text: string): void {
    const message = JSON.parse(text) as Envelope | ServerMessage;
    if (!('type' in message)) {
      this.#event(message);
      return;
    }
    if ('data' in message && 'cursor' in message.data && message.data.cursor) this.#progress.state(message.data.cursor);
    switch (message.type) {
      case 'welcome': {
        const { channels, cursor: _, ...about } = message.data;
        this.#channels.clear();
        for (const channel of channels) this.#channels.add(channel);
        this.#state({ name: 'open', ...about });
        this.#emitter.emit('channels', channels);
        return;
      }
      case 'subscribed':
      case 'unsubscribed':
        for (const channel of message.data.channels) {
          if (message.type === 'subscribed') this.#channels.add(channel);
          else this.#channels.delete(channel);
        }
        this.#emitter.emit('channels', this.channels);
        return;
      case 'resumed':
        for (const channel of message.data.channels) this.#channels.add(channel);
        this.#emitter.emit('channels', this.channels);
        return;
      case 'error':
        for (const channel of message.channels ?? []) this.#added.delete(channel);
        this.#emitter.emit('error', message);
        return;
      case 'gap':
        this.#emitter.emit('gap', message.data);
    }
  }

  #event(envelope: Envelope): void {
    this.#progress.event(envelope);
    if (this.#repeats.isRepeat(envelope)) this.#emitter.emit('repeat', envelope);
    // On the way to an unsubscribe that was asked for.
    else if (!this.#removed.has(envelope.channel)) this.#emitter.emit('event', envelope);
  }

  #state(state: FeedState): void {
    this.#emitter.emit('state', state);
  }
}
