/** What one checked client was sent: every offset, in the order of its arrival, and the gaps it was told. */

import type { Envelope, GapRange, ServerMessage } from '@odin/events';

export interface LedgerState {
  readonly id: number;
  readonly tokens: readonly string[];
  /** Milliseconds since 1970: welcomed, and closed if it was closed before the end. */
  readonly joinedAt: number;
  readonly leftAt: number | null;
  /** By `epoch topic partition token`. */
  readonly offsets: ReadonlyMap<string, Float64Array>;
  readonly gaps: readonly (GapRange & { readonly epoch: string })[];
  readonly repeated: number;
  readonly disordered: number;
}

export function seriesKey(of: { epoch: string; topic: string; partition: number; token: string }): string {
  return `${of.epoch} ${of.topic} ${of.partition} ${of.token}`;
}

export class Ledger {
  readonly #id: number;
  readonly #tokens: readonly string[];
  readonly #offsets = new Map<string, number[]>();
  readonly #gaps: (GapRange & { epoch: string })[] = [];
  #repeated = 0;
  #disordered = 0;
  joinedAt = 0;
  leftAt: number | null = null;

  constructor(id: number, tokens: readonly string[]) {
    this.#id = id;
    this.#tokens = tokens;
  }

  /** Anything else that a server says is not its business. */
  take(message: Envelope | ServerMessage): void {
    if ('epoch' in message) {
      this.#event(message);
    } else if (message.type === 'welcome') {
      this.joinedAt = Date.now();
    } else if (message.type === 'gap') {
      const { epoch, ranges } = message.data;
      this.#gaps.push(...ranges.map((range) => ({ ...range, epoch })));
    }
  }

  /** Order holds within a token on a topic's partition: a flush takes one token after the other. */
  #event(envelope: Envelope): void {
    const { offset } = envelope;
    const key = seriesKey(envelope);
    const offsets = this.#offsets.get(key);
    if (!offsets) {
      this.#offsets.set(key, [offset]);
    } else if (offset > (offsets.at(-1) ?? -1)) {
      offsets.push(offset);
    } else if (offsets.includes(offset)) {
      this.#repeated += 1;
    } else {
      // Not kept: the next ones compare with the largest so far.
      this.#disordered += 1;
    }
  }

  state(): LedgerState {
    return {
      id: this.#id,
      tokens: this.#tokens,
      joinedAt: this.joinedAt,
      leftAt: this.leftAt,
      offsets: new Map([...this.#offsets].map(([key, list]) => [key, Float64Array.from(list)])),
      gaps: this.#gaps,
      repeated: this.#repeated,
      disordered: this.#disordered,
    };
  }
}
