/**
 * Offers messages at a rate, by the clock: what is due is sent at the next tick with the time at which it was due, so
 * that whoever falls behind shows it. Tokens take turns; `burst` messages of one token go out together.
 */

import { type FeedMessage, messageValue } from './stream.ts';

const TICK_MS = 2;

export interface Offer {
  readonly perSecond: number;
  readonly tokens: number;
  readonly burst: number;
}

export type Send = (messages: readonly FeedMessage[]) => void;

export class Feeder {
  offered = 0;
  readonly #send: Send;
  readonly #offsets = new Map<number, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(send: Send) {
    this.#send = send;
  }

  start({ perSecond, tokens, burst }: Offer): void {
    const startedAt = Date.now();
    const everyMs = (1000 * burst) / perSecond;
    let turn = 0;
    this.offered = 0;
    this.#timer = setInterval(() => {
      const messages: FeedMessage[] = [];
      for (; startedAt + turn * everyMs <= Date.now(); turn += 1) {
        const token = turn % tokens;
        const ts = Math.floor(startedAt + turn * everyMs);
        const value = messageValue(token, ts);
        for (let index = 0; index < burst; index += 1) messages.push({ token, offset: this.#next(token), ts, value });
      }
      this.offered += messages.length;
      if (messages.length > 0) this.#send(messages);
    }, TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #next(token: number): number {
    const offset = this.#offsets.get(token) ?? 0;
    this.#offsets.set(token, offset + 1);
    return offset;
  }
}
