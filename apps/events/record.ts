/** What a Kafka record of the feed holds: key = token, value = the JSON below, headers = who produced it. */

import { PROBE_TOKEN } from './token.ts';
import type { EventTypeName } from './types.ts';

/** Identifies one run of one publisher, and counts its records from 1. A consumer sees loss and repeats by them. */
export const HEADER_RUN = 'odin-run';
export const HEADER_SEQUENCE = 'odin-seq';

export const PROBE_TYPE = 'PROBE';

/** The value of a record, and the `event` of an envelope. `timestamp`: creation time, milliseconds since 1970. */
export interface FeedEvent {
  readonly type: EventTypeName | typeof PROBE_TYPE;
  readonly token: string;
  readonly timestamp: number;
  readonly data: Record<string, unknown>;
}

export function recordValue(event: FeedEvent): string {
  return JSON.stringify(event);
}

/** The marker that a deploy's gate produces on every topic, with the probe token as key. `id` is the gate's own. */
export function probeEvent(id: string, now: number): FeedEvent {
  return { type: PROBE_TYPE, token: PROBE_TOKEN, timestamp: now, data: { id } };
}
