/** Drops events that came before. Delivery is at least once: after a reconnect, instances overlap. */

import type { Envelope } from '@odin/events';

export class Repeats {
  #epoch = '';
  /** Channel and partition → last offset. Only within a channel do offsets arrive in order. */
  readonly #last = new Map<string, number>();

  /** True when this event, or a later one of its channel, was seen in this epoch. Remembers it otherwise. */
  isRepeat({ epoch, channel, partition, offset }: Envelope): boolean {
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#last.clear();
    }
    const key = `${channel}/${partition}`;
    if (offset <= (this.#last.get(key) ?? -1)) return true;
    this.#last.set(key, offset);
    return false;
  }
}
