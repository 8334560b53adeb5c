/**
 * Where a client stands: the last cursor that a server stated, and for a client of a single token also the events since.
 * (With several tokens an offset says nothing about the others on its partition: they are replayed from the last stated
 * cursor, which is at most one heartbeat old, and what is known already is dropped as a repeat.)
 * Text and meaning of a cursor: docs/wire.md.
 */

import type { Envelope } from '@odin/events';

export class Progress {
  #stated = '';
  /** `suffix.partition` → next offset, in the epoch of the stated cursor. */
  readonly #seen = new Map<string, number>();

  /** A server said that everything up to `cursor` was sent, or told as a gap. */
  state(cursor: string): void {
    if (epochOf(cursor) !== epochOf(this.#stated)) this.#seen.clear();
    this.#stated = cursor;
  }

  event({ epoch, channel, partition, offset }: Envelope): void {
    if (epoch !== epochOf(this.#stated)) return;
    this.#seen.set(`${channel.slice(channel.indexOf('.') + 1)}.${partition}`, offset + 1);
  }

  /** Undefined before a server stated any. `single`: this client has channels of one token only. */
  cursor(single: boolean): string | undefined {
    if (this.#stated === '') return undefined;
    if (!single) return this.#stated;
    const [epoch = '', ...parts] = this.#stated.split('-');
    return [epoch, ...parts.map((part) => this.#advanced(part))].join('-');
  }

  #advanced(part: string): string {
    const [suffix = '', ...offsets] = part.split('.');
    const next = offsets.map((offset, partition) => {
      const seen = this.#seen.get(`${suffix}.${partition}`);
      return seen !== undefined && offset !== '' && seen > Number(offset) ? String(seen) : offset;
    });
    return [suffix, ...next].join('.');
  }
}

function epochOf(cursor: string): string {
  return cursor.split('-', 1)[0] ?? '';
}
