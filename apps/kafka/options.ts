/** How to reach the brokers, and the deadlines that every request of ours keeps. */

import type { Socket } from 'node:net';
import type { Logger } from '@odin/runtime';

/** Returns a socket that is already connecting, for instance to a forwarded Unix socket. */
export type Dial = (host: string, port: number) => Socket;

export interface KafkaOptions {
  /** `host:port` of at least one broker. */
  readonly brokers: readonly string[];
  /** Appears in the broker's logs. */
  readonly clientId: string;
  readonly logger?: Logger;
  readonly dial?: Dial;
}

export const CONNECT_TIMEOUT_MS = 3_000;
export const REQUEST_TIMEOUT_MS = 10_000;
