/**
 * A cursor says where a client stands in the stream: the epoch, and for each partition of each topic the next offset it
 * has not been sent. It is the same for every client and every token, and any instance can resume from it.
 *
 *     3fa9c01b77de-trade.1042.7.0-social.5..2
 *
 * The epoch; then a part for each topic, by its suffix, with the next offset of partition 0, 1, 2, …. An offset that is
 * missing was not known: resuming begins at the live end there. Every character is safe in a URL.
 */

import { SUFFIXES, type Suffix } from './topics.ts';

/** 96 partitions of 17 digits, and room. A `resume` message must fit CLIENT_MESSAGE_MAX_BYTES. */
export const CURSOR_MAX_LENGTH = 2048;

const EPOCH = /^[A-Za-z0-9]{1,64}$/;
const PART = /^([a-z]+)((?:\.\d{0,16})+)$/;

export interface Cursor {
  readonly epoch: string;
  /** By suffix: next offset by partition. */
  readonly next: ReadonlyMap<Suffix, readonly (number | undefined)[]>;
}

export function formatCursor({ epoch, next }: Cursor): string {
  const parts = [...next].map(([suffix, offsets]) => `${suffix}.${offsets.map((offset) => offset ?? '').join('.')}`);
  return [epoch, ...parts].join('-');
}

/** Undefined when it is none. */
export function parseCursor(text: unknown): Cursor | undefined {
  if (typeof text !== 'string' || text.length > CURSOR_MAX_LENGTH) return undefined;
  const [epoch = '', ...parts] = text.split('-');
  if (!EPOCH.test(epoch)) return undefined;
  const next = new Map<Suffix, readonly (number | undefined)[]>();
  for (const part of parts) {
    const [, name, list = ''] = PART.exec(part) ?? [];
    const suffix = SUFFIXES.find((known) => known === name);
    if (!suffix || next.has(suffix)) return undefined;
    const offsets = list.slice(1).split('.');
    const numbers = offsets.map((offset) => (offset === '' ? undefined : Number(offset)));
    if (numbers.some((offset) => offset !== undefined && !Number.isSafeInteger(offset))) return undefined;
    next.set(suffix, numbers);
  }
  return { epoch, next };
}
