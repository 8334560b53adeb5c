/** Draws the events of a simulated market, by weight, over a set of tokens. */

import { type Market, newMarket } from './market.ts';
import { PAYLOADS } from './payloads.ts';
import type { FeedEvent } from './record.ts';
import type { TopicName } from './topics.ts';
import { drawEventType, EVENT_TYPES } from './types.ts';

export interface SimulatedEvent {
  readonly topic: TopicName;
  readonly event: FeedEvent;
}

export class Simulator {
  readonly #markets = new Map<string, Market>();
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** One event of one of `tokens` (at least one), created at `now` (milliseconds since 1970). */
  next(tokens: readonly string[], now: number): SimulatedEvent {
    const token = tokens[Math.floor(this.#random() * tokens.length)];
    if (token === undefined) throw new RangeError('a simulator needs at least one token');
    const type = drawEventType(this.#random);
    const data = PAYLOADS[type]({ token, market: this.#market(token), random: this.#random, now });
    return { topic: EVENT_TYPES[type].topic, event: { type, token, timestamp: now, data } };
  }

  #market(token: string): Market {
    let market = this.#markets.get(token);
    if (!market) {
      market = newMarket(token, this.#random);
      this.#markets.set(token, market);
    }
    return market;
  }
}
