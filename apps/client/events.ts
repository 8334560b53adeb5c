/** What a feed client tells its user. */

import type { Envelope, ErrorCode, GapRange, GapReason } from '@odin/events';

export type FeedState =
  | { readonly name: 'connecting' }
  | { readonly name: 'open'; readonly instance: string; readonly release: string; readonly epoch: string }
  /** Disconnected; connects again in `ms`. `code` is the close code, 1006 when the connection just broke. */
  | { readonly name: 'waiting'; readonly ms: number; readonly code: number }
  | { readonly name: 'closed' };

export interface FeedEvents {
  /** An event of a channel, each once within an epoch. */
  event: Envelope;
  state: FeedState;
  /** Events that this client will not see; offsets of `ranges` are inclusive. */
  gap: { readonly reason: GapReason; readonly epoch: string; readonly ranges: readonly GapRange[] };
  /** The server refused something. */
  error: { readonly code: ErrorCode; readonly message: string; readonly channels?: readonly string[] };
  /** The channels this client now has, after a change or a connect. */
  channels: readonly string[];
  /** An event was dropped because it had been seen. */
  repeat: Envelope;
}

type Listeners = { [K in keyof FeedEvents]: Set<(value: FeedEvents[K]) => void> };

export class Emitter {
  readonly #listeners: Listeners = {
    event: new Set(),
    state: new Set(),
    gap: new Set(),
    error: new Set(),
    channels: new Set(),
    repeat: new Set(),
  };

  /** Returns what removes the listener again. */
  on<K extends keyof FeedEvents>(name: K, listener: (value: FeedEvents[K]) => void): () => void {
    this.#listeners[name].add(listener);
    return () => this.#listeners[name].delete(listener);
  }

  emit<K extends keyof FeedEvents>(name: K, value: FeedEvents[K]): void {
    for (const listener of this.#listeners[name]) listener(value);
  }
}
