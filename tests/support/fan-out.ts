/** The ws-server's fan-out with real sockets and without Kafka: the test publishes. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type EventTypeName, type GapRange, recordValue, SUFFIXES, type Suffix, TOPICS } from '@odin/events';
import { partitionOfKey } from '@odin/kafka';
import { AdmissionPolicy } from '../../apps/ws-server/admission/admission.ts';
import type { Feed } from '../../apps/ws-server/feed/feed.ts';
import { Gateway } from '../../apps/ws-server/gateway.ts';
import { Backpressure, type Limits } from '../../apps/ws-server/hub/backpressure.ts';
import { Flusher } from '../../apps/ws-server/hub/flush.ts';
import type { HistoryLimits } from '../../apps/ws-server/hub/history.ts';
import { Hub } from '../../apps/ws-server/hub/hub.ts';
import { latestOf } from '../../apps/ws-server/hub/latest.ts';
import { Lifecycle } from '../../apps/ws-server/lifecycle.ts';
import { Pings } from '../../apps/ws-server/pings.ts';
import { createStats } from '../../apps/ws-server/stats.ts';

const LIMITS: Limits = { lagBytes: 128 * 1024, queueBytes: 64 * 1024 * 1024, lagMs: 60_000 };

const HISTORY: HistoryLimits = { bytes: 64 * 1024 * 1024, seconds: 60 };

const noKafka = { read: () => Promise.reject(new Error('there is no Kafka here')) };

export interface FanOutOptions {
  readonly limits?: Partial<Limits>;
  readonly history?: Partial<HistoryLimits>;
  readonly pingSeconds?: number;
  /** What stands for Kafka when memory is not enough. */
  readonly feed?: Pick<Feed, 'read'>;
  /** 0 cuts a flush into many slices, so that clients come and go in the middle of it. */
  readonly sliceMs?: number;
}

export async function startFanOut({
  limits = {},
  history,
  pingSeconds = 25,
  sliceMs,
  feed = noKafka,
}: FanOutOptions = {}) {
  const stats = createStats();
  const latest = (ranges: readonly GapRange[]) => latestOf(hub, ranges);
  const inForce = { ...LIMITS, ...limits };
  const backpressure = new Backpressure(inForce, stats, () => hub.position.epoch, latest);
  const hub = new Hub(new Flusher(backpressure, stats, () => undefined, sliceMs), { ...HISTORY, ...history });
  const begin = (epoch: string) => {
    hub.restart(epoch);
    for (const [topic, { partitions }] of TOPICS.entries()) {
      for (let partition = 0; partition < partitions; partition += 1) hub.seek(topic, partition, 0);
    }
  };
  begin('e1');
  const lifecycle = new Lifecycle(() => true);
  const pings = new Pings(pingSeconds);
  const gateway = new Gateway({
    admission: new AdmissionPolicy({ maxConnections: 100_000, connections: () => stats.connections }, lifecycle),
    hub,
    backpressure,
    feed,
    pings,
    stats,
    welcome: () => ({ instance: 'test', release: 'test', epoch: hub.position.epoch }),
  });
  const http = createServer();
  http.on('upgrade', gateway.upgrade);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const offsets = new Map<string, number>();
  return {
    /** May be changed; looked at every second. */
    limits: inForce,
    hub,
    stats,
    lifecycle,
    gateway,
    address: `127.0.0.1:${(http.address() as AddressInfo).port}`,
    begin,
    /** Publishes the next event of a channel; its offset counts from 0. BTC, ETH and SOL have partitions of their own. */
    publish(token: string, suffix: Suffix, padding = '', type: EventTypeName = 'TRADE_EXECUTED'): void {
      const topic = SUFFIXES.indexOf(suffix);
      const offset = offsets.get(`${token}.${suffix}`) ?? 0;
      offsets.set(`${token}.${suffix}`, offset + 1);
      const event = { type, token, timestamp: Date.now(), data: { padding } } as const;
      const value = Buffer.from(recordValue(event));
      const partition = partitionOfKey(token, TOPICS[topic]?.partitions ?? 1);
      hub.seek(topic, partition, offset);
      hub.publish(topic, partition, { token, offset, timestamp: event.timestamp, value });
      hub.position.set(topic, partition, offset + 1);
    },
    /** The next offset of a channel. */
    next: (token: string, suffix: Suffix) => offsets.get(`${token}.${suffix}`) ?? 0,
    async stop() {
      for (const client of gateway.clients) client.ws.terminate();
      pings.stop();
      backpressure.stop();
      http.close();
      await once(http, 'close');
    },
  };
}

export type FanOut = Awaited<ReturnType<typeof startFanOut>>;
