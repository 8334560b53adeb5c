/**
 * One kafkajs consumer in one group, from its first join until anything is wrong with it. It is never repaired: the tail
 * that owns it drops it and starts another, in a new group, because a consumer that lost its broker hangs behind its own
 * dead membership and then restarts at the end of the log.
 */

import type kafkajs from 'kafkajs';
import type { Batch } from 'kafkajs';
import { connect } from './connection.ts';
import { within } from './deadline.ts';
import type { KafkaOptions } from './options.ts';
import type { Position } from './positions.ts';

/** A fetch without records returns after this: it bounds idle CPU and how old a healthy answer is. */
const FETCH_WAIT_MS = 500;
const FETCH_MAX_BYTES = 8 * 1024 * 1024;
/** Short, so that a dead member of ours does not hold its group for long. */
export const SESSION_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 2_000;
const JOIN_TIMEOUT_MS = 20_000;
const LEAVE_TIMEOUT_MS = 3_000;

export interface SessionOptions {
  readonly kafka: KafkaOptions;
  readonly groupId: string;
  readonly topics: readonly string[];
  /** Where to start reading; empty leaves it to the group's committed offsets. */
  readonly positions: () => readonly Position[];
  readonly commit: boolean;
  /** What it returns is waited for before the next. */
  readonly onBatch: (batch: Batch) => void | Promise<void>;
  readonly onEnd: (reason: string) => void;
}

export interface Session {
  /** Partitions assigned to this member. */
  assigned(): number;
  /** When a fetch was last answered, or something of its answer taken, milliseconds since 1970; 0 before the first. */
  fetchedAt(): number;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createSession(options: SessionOptions): Session {
  let assigned = 0;
  let fetchedAt = 0;
  let over = false;
  const consumer = connect(options.kafka).consumer({
    groupId: options.groupId,
    sessionTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    maxBytes: FETCH_MAX_BYTES,
    allowAutoTopicCreation: false,
    retry: { retries: 2, initialRetryTime: 100, restartOnFailure: async () => false },
  });

  const end = (reason: string) => {
    if (over) return;
    over = true;
    options.onEnd(reason);
  };

  consumer.on('consumer.crash', ({ payload }) => end(`crashed: ${payload.error.message}`));
  consumer.on('consumer.group_join', ({ payload }) => {
    const assignment: Record<string, number[]> = payload.memberAssignment;
    assigned = Object.values(assignment).reduce((sum, partitions) => sum + partitions.length, 0);
    // Before the first fetch of this assignment: kafkajs itself would start at the end of the log.
    for (const { topic, partition, next } of options.positions()) {
      if (assignment[topic]?.includes(partition)) consumer.seek({ topic, partition, offset: String(next) });
    }
  });
  // Unlike consumer.fetch, which is also emitted when a fetch failed, this is emitted for an answer of the broker.
  consumer.on('consumer.network.request', ({ payload }: kafkajs.RequestEvent) => {
    if (payload.apiName === 'Fetch') fetchedAt = Date.now();
  });

  return {
    assigned: () => (over ? 0 : assigned),
    fetchedAt: () => fetchedAt,
    async start() {
      const running = async () => {
        await consumer.connect();
        await consumer.subscribe({ topics: [...options.topics] });
        await consumer.run({
          autoCommit: options.commit,
          ...(options.commit && { autoCommitInterval: 1_000 }),
          eachBatch: async ({ batch, isStale }) => {
            if (over || isStale()) return;
            await options.onBatch(batch);
            // Nothing is fetched before all that came was taken, however long that takes.
            fetchedAt = Date.now();
          },
        });
      };
      await within(JOIN_TIMEOUT_MS, `join ${options.groupId}`, running());
    },
    async stop() {
      over = true;
      await within(LEAVE_TIMEOUT_MS, `leave ${options.groupId}`, consumer.disconnect()).catch(() => undefined);
    },
  };
}
