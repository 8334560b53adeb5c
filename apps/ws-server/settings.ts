/** The ws-server's settings. */

import { hostname } from 'node:os';
import { LEVELS, read, type Schema, type Settings } from '@odin/runtime';

/** Variables with these beginnings are ours: an unknown one is an error. */
export const OWNED = ['WS_', 'KAFKA_', 'ODIN_', 'PROXY_', 'INTERNAL_', 'PUBLISHER_'];

const KIB = 1024;
const LOOPBACK = ['127.0.0.0/8', '::1'];

export const schema = {
  port: { env: 'PORT', about: 'public port', fallback: 3004, read: read.integer(1, 65_535) },
  host: { env: 'HOST', about: 'address to listen on; all when empty', fallback: '', read: read.text },
  brokers: { env: 'KAFKA_BROKERS', about: 'host:port of brokers, comma-separated', read: read.list(read.hostPort) },
  groupId: { env: 'KAFKA_GROUP_ID', about: 'group that all instances share', fallback: 'odin-ws', read: read.name },
  instance: { env: 'INSTANCE', about: 'name of this instance', fallback: hostname(), read: read.name },
  delivery: {
    env: 'DELIVERY',
    about: 'all: every instance reads all partitions; partitioned: the broker splits them',
    fallback: 'all' as const,
    read: read.oneOf('all', 'partitioned'),
  },
  release: { env: 'RELEASE', about: 'what /version says', fallback: 'dev', read: read.text },
  configHash: { env: 'CONFIG_HASH', about: 'what /version says', fallback: '', read: read.text },
  internal: {
    env: 'INTERNAL_CIDRS',
    about: 'networks that may read /metrics',
    fallback: LOOPBACK as readonly string[],
    read: read.list(read.cidr),
  },
  proxies: {
    env: 'PROXY_FROM',
    about: 'networks whose connections begin with a PROXY header',
    fallback: [] as readonly string[],
    read: read.list(read.cidr),
  },
  workers: {
    env: 'WS_WORKERS',
    about:
      'processes that serve clients, beside one that reads Kafka; 0: one process for all; auto: every core but one',
    fallback: 'auto' as number | 'auto',
    read: read.either(read.oneOf('auto'), read.integer(0, 64)),
  },
  maxConnections: {
    env: 'WS_MAX_CONNECTIONS',
    about: 'clients at once',
    fallback: 20_000,
    read: read.integer(1, 1_000_000),
  },
  connectRate: {
    env: 'WS_CONNECTS_PER_SECOND',
    about: 'new connections a second, in all; 0: no limit',
    fallback: 5_000,
    read: read.integer(0, 1_000_000),
  },
  addressRate: {
    env: 'WS_CONNECTS_PER_SECOND_PER_ADDRESS',
    about: 'new connections a second from one address (IPv6: one /64) outside INTERNAL_CIDRS; 0: no limit',
    fallback: 500,
    read: read.integer(0, 1_000_000),
  },
  memoryPercent: {
    env: 'WS_MEMORY_PERCENT',
    about: 'share of the memory limit above which nobody new is accepted',
    fallback: 90,
    read: read.integer(1, 100),
  },
  loopDelayMs: {
    env: 'WS_LOOP_DELAY_MS',
    about: 'event-loop delay (99th percentile) above which nobody new is accepted, milliseconds',
    fallback: 500,
    read: read.integer(10, 60_000),
  },
  lagBytes: {
    env: 'WS_LAG_BYTES',
    about: 'queued bytes above which a client is lagging',
    fallback: 128 * KIB,
    read: read.integer(4 * KIB, 64 * KIB * KIB),
  },
  queueBytes: {
    env: 'WS_QUEUE_BYTES',
    about: 'queued bytes above which a client is closed',
    fallback: KIB * KIB,
    read: read.integer(4 * KIB, 256 * KIB * KIB),
  },
  lagSeconds: {
    env: 'WS_LAG_SECONDS',
    about: 'a client lagging longer is closed',
    fallback: 5,
    read: read.integer(1, 300),
  },
  replaySeconds: {
    env: 'WS_REPLAY_SECONDS',
    about: 'how long events are kept in memory for clients that resume, seconds; 0: not at all',
    fallback: 60,
    read: read.integer(0, 3_600),
  },
  replayBytes: {
    env: 'WS_REPLAY_BYTES',
    about: 'memory for them, such as 64M; 0: none',
    fallback: 64 * KIB * KIB,
    read: read.bytes(0, 64 * KIB * KIB * KIB),
  },
  replayRate: {
    env: 'WS_REPLAY_RECORDS_PER_SECOND',
    about: 'records read again from Kafka for clients that resume from before that, a second, in all',
    fallback: 50_000,
    read: read.integer(100, 10_000_000),
  },
  pingSeconds: {
    env: 'WS_PING_SECONDS',
    about: 'time between protocol pings to a client',
    fallback: 25,
    read: read.integer(1, 55),
  },
  adminSocket: {
    env: 'WS_ADMIN_SOCKET',
    about: 'Unix socket of the admin verbs (drain, shed, undrain, status)',
    fallback: '/run/odin/ws.sock',
    read: read.text,
  },
  graceSeconds: {
    env: 'WS_GRACE_SECONDS',
    about: 'from SIGTERM to exit, at most',
    fallback: 15,
    read: read.integer(1, 600),
  },
  logLevel: { env: 'LOG_LEVEL', about: 'least level logged', fallback: 'info' as const, read: read.oneOf(...LEVELS) },
} satisfies Schema;

export type WsSettings = Settings<typeof schema>;
