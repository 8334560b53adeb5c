/** The publisher's settings. */

import { isToken } from '@odin/events';
import { LEVELS, read, type Schema } from '@odin/runtime';

/** Variables with these beginnings are ours: an unknown one is an error. */
export const OWNED = ['PUBLISHER_', 'KAFKA_', 'ODIN_', 'WS_'];

export const RATE_MIN = 0.1;
export const RATE_MAX = 100_000;
export const TOKENS_MAX = 10_000;

const token = (value: string) => {
  if (!isToken(value)) throw new Error(`expected a token of letters, digits, "_" or "-", got ${JSON.stringify(value)}`);
  return value;
};

export const schema = {
  port: { env: 'PORT', about: 'HTTP port', fallback: 3003, read: read.integer(1, 65_535) },
  host: { env: 'HOST', about: 'address to listen on; all when empty', fallback: '', read: read.text },
  brokers: { env: 'KAFKA_BROKERS', about: 'host:port of brokers, comma-separated', read: read.list(read.hostPort) },
  stateDir: { env: 'STATE_DIR', about: 'folder of the state file', fallback: '/var/lib/odin', read: read.text },
  rate: {
    env: 'PUBLISHER_RATE',
    about: 'events a second to begin with, when there is no state yet',
    fallback: undefined as number | undefined,
    read: read.decimal(RATE_MIN, RATE_MAX),
  },
  tokens: {
    env: 'PUBLISHER_TOKENS',
    about: 'token ids to begin with, when there is no state yet',
    fallback: undefined as readonly string[] | undefined,
    read: read.list(token),
  },
  release: { env: 'RELEASE', about: 'what /version says', fallback: 'dev', read: read.text },
  configHash: { env: 'CONFIG_HASH', about: 'what /version says', fallback: '', read: read.text },
  logLevel: { env: 'LOG_LEVEL', about: 'least level logged', fallback: 'info' as const, read: read.oneOf(...LEVELS) },
} satisfies Schema;
