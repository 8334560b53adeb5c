/** The ws-server's fan-out with real sockets and without Kafka: the test publishes. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { recordValue, SUFFIXES, type Suffix, TOPICS } from '@odin/events';
import { AdmissionPolicy } from '../../apps/ws-server/admission.ts';
import { Gateway } from '../../apps/ws-server/gateway.ts';
import { Backpressure, type Limits } from '../../apps/ws-server/hub/backpressure.ts';
import { Flusher } from '../../apps/ws-server/hub/flush.ts';
import { Hub } from '../../apps/ws-server/hub/hub.ts';
import { Lifecycle } from '../../apps/ws-server/lifecycle.ts';
import { Pings } from '../../apps/ws-server/pings.ts';
import { createStats } from '../../apps/ws-server/stats.ts';

const LIMITS: Limits = { lagBytes: 128 * 1024, queueBytes: 64 * 1024 * 1024, lagMs: 60_000 };

export interface FanOutOptions {
  readonly limits?: Partial<Limits>;
  readonly pingSeconds?: number;
  /** 0 cuts a flush into many slices, so that clients come and go in the middle of it. */
  readonly sliceMs?: number;
}

export async function startFanOut({ limits = {}, pingSeconds = 25, sliceMs }: FanOutOptions = {}) {
  const stats = createStats();
  const backpressure = new Backpressure({ ...LIMITS, ...limits }, stats, () => 'e1');
  const hub = new Hub(new Flusher(backpressure, stats, () => undefined, sliceMs));
  const lifecycle = new Lifecycle(() => true);
  const pings = new Pings(pingSeconds);
  const gateway = new Gateway({
    admission: new AdmissionPolicy(10_000, lifecycle, stats),
    hub,
    backpressure,
    pings,
    stats,
    welcome: () => ({ instance: 'test', release: 'test', epoch: 'e1' }),
  });
  const http = createServer();
  http.on('upgrade', gateway.upgrade);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const offsets = new Map<string, number>();
  return {
    hub,
    stats,
    lifecycle,
    gateway,
    address: `127.0.0.1:${(http.address() as AddressInfo).port}`,
    /** Publishes the next event of a channel; its offset counts from 0, the partition is always 3. */
    publish(token: string, suffix: Suffix, padding = ''): void {
      const topic = SUFFIXES.indexOf(suffix);
      const offset = offsets.get(`${token}.${suffix}`) ?? 0;
      offsets.set(`${token}.${suffix}`, offset + 1);
      const event = { type: 'TRADE_EXECUTED', token, timestamp: Date.now(), data: { padding } } as const;
      const value = Buffer.from(recordValue(event));
      const name = TOPICS[topic]?.name ?? '';
      const record = { topic: name, partition: 3, offset, timestamp: event.timestamp, key: null, value };
      hub.publish('e1', topic, token, { ...record, header: () => undefined }, value);
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
