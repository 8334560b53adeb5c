/** Plain numbers that the hot path counts with; the metrics read them at a scrape. */

import { GAP_REASONS } from '@odin/events';

export const DROP_REASONS = ['slow', 'closing'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

export const RECORD_DROP_REASONS = ['no_key', 'malformed', 'producer_repeat'] as const;
export type RecordDropReason = (typeof RECORD_DROP_REASONS)[number];

export const REFUSALS = [
  'ending',
  'full',
  'memory',
  'loop_delay',
  'rate',
  'address_rate',
  'bad_query',
  'bad_cursor',
  'bad_path',
  'bad_handshake',
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** Where the last of what a resuming client was owed came from; `epoch`: nothing could be replayed. */
export const RESUMES = ['memory', 'log', 'epoch', 'failed'] as const;

const zero = <K extends string>(keys: readonly K[]) =>
  Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;

export function createStats() {
  return {
    connections: 0,
    connectionsTotal: 0,
    /** When the last client came, milliseconds since 1970. */
    lastConnectionAt: 0,
    refused: zero(REFUSALS),
    /** By close code; 1006 is a peer that vanished. */
    closed: new Map<number, number>(),
    messagesSent: 0,
    messagesReceived: 0,
    bytesSent: 0,
    messagesDropped: zero(DROP_REASONS),
    gapsSent: zero(GAP_REASONS),
    resumes: zero(RESUMES),
    /** Events sent again, beside `messagesSent`. */
    messagesReplayed: 0,
    lagging: 0,
    flushes: 0,
    proxyErrors: 0,
  };
}

export type Stats = ReturnType<typeof createStats>;

/** Of what reads Kafka. */
export function createIngestStats() {
  return { records: 0, recordsDropped: zero(RECORD_DROP_REASONS) };
}

export type IngestStats = ReturnType<typeof createIngestStats>;
