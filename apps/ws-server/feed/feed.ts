/**
 * What stands between Kafka and the clients. One side reads Kafka and tells; the other serves clients and asks. They may
 * be one process or several: neither knows.
 */

import type { LogGap, TailHealth } from '@odin/kafka';

export interface FeedEvent {
  /** The record's key. */
  readonly token: string;
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** JSON, never parsed. Valid only while it is handed over: whoever keeps it copies it. */
  readonly value: Buffer;
}

/** Consecutive records of one partition, without those that nobody may be sent. */
export interface Slice {
  /** Index in TOPICS. */
  readonly topic: number;
  readonly partition: number;
  /** Offset of the first record, sent or not. */
  readonly first: number;
  /** Offset after the last. */
  readonly next: number;
  readonly events: readonly FeedEvent[];
}

export interface Start {
  readonly topic: number;
  readonly partition: number;
  readonly next: number;
}

/** Told by the reader of Kafka, in order. */
export interface FeedSink {
  /** Offsets began again; what follows belongs to this epoch. */
  epoch(epoch: string): void;
  /** Where reading goes on. */
  start(positions: readonly Start[]): void;
  /**
   * Where another reader goes on, or the same one for somebody who was away: some of what follows may be known already,
   * and what is between is lost.
   */
  rejoin(positions: readonly Start[]): void;
  slice(slice: Slice): void;
  /** Records that are not in the log any more. */
  gaps(gaps: readonly LogGap[]): void;
  /** Resolves when more can be taken; reading Kafka waits for it. */
  room?(): Promise<void>;
}

export interface Ask {
  readonly topic: string;
  readonly partition: number;
  readonly token: string;
  readonly from: number;
  /** Not included. With from = to only the log's bounds are checked. */
  readonly to: number;
}

export interface Reply {
  /** Oldest first. */
  readonly events: readonly FeedEvent[];
  /** Where to go on. */
  readonly next: number;
  /** The log begins here now: what is before is lost. */
  readonly lostBefore?: number;
  /** `from` is behind the end of the log. */
  readonly pastEnd?: true;
}

/** Asked by those who serve clients. */
export interface Feed {
  health(): TailHealth;
  /** Records of a token that memory no longer holds. Rejects when Kafka cannot be read, or too many wait already. */
  read(ask: Ask): Promise<Reply>;
}
