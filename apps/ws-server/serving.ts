/** What serves clients in one process: hub → clients, and the HTTP around them. */

import { once } from 'node:events';
import type { Logger } from '@odin/runtime';
import type { Registry } from 'prom-client';
import { AdmissionPolicy } from './admission/admission.ts';
import { Pressure } from './admission/pressure.ts';
import { ConnectionRates } from './admission/rates.ts';
import { Drain } from './drain/drain.ts';
import type { Feed, FeedSink } from './feed/feed.ts';
import { HubSink } from './feed/hub-sink.ts';
import { Gateway } from './gateway.ts';
import { loadAssets } from './http/assets.ts';
import { createHttp } from './http/routes.ts';
import { Backpressure } from './hub/backpressure.ts';
import { Flusher } from './hub/flush.ts';
import { Hub } from './hub/hub.ts';
import { latestOf } from './hub/latest.ts';
import type { Instance } from './instance.ts';
import { Lifecycle } from './lifecycle.ts';
import { meterServing } from './metrics/serving.ts';
import { Pings } from './pings.ts';
import { acceptProxies } from './proxy/listener.ts';
import { Networks } from './proxy/networks.ts';
import type { WsSettings } from './settings.ts';
import { createStats, type Stats } from './stats.ts';

/** Connections waiting to be accepted; the kernel caps it at net.core.somaxconn. */
const BACKLOG = 4_096;

export interface ServingOptions {
  readonly settings: WsSettings;
  readonly log: Logger;
  readonly feed: Feed;
  readonly instance: Instance;
  readonly registry: Registry;
  /** So many processes share what the settings allow all clients together. */
  readonly processes: number;
}

export interface Serving {
  /** What is read from Kafka comes in here. */
  readonly sink: FeedSink;
  readonly hub: Hub;
  readonly stats: Stats;
  readonly lifecycle: Lifecycle;
  readonly drain: Drain;
  listen(): Promise<void>;
  /** After the drain: whatever is open is cut. */
  stop(): void;
}

export async function createServing(options: ServingOptions): Promise<Serving> {
  const { settings, log, feed, instance, registry, processes } = options;
  const { lagBytes, queueBytes, lagSeconds, maxConnections, memoryPercent, loopDelayMs } = settings;
  const stats = createStats();
  const backpressure = new Backpressure(
    { lagBytes, queueBytes, lagMs: lagSeconds * 1000 },
    stats,
    () => hub.position.epoch,
    (ranges) => latestOf(hub, ranges),
  );
  const flusher = new Flusher(backpressure, stats, (seconds) => observeLatency(seconds));
  const hub = new Hub(flusher, {
    seconds: settings.replaySeconds,
    bytes: Math.floor(settings.replayBytes / processes),
  });
  const observeLatency = meterServing(registry, {
    stats,
    tokens: () => hub.tokens,
    historyBytes: () => hub.history.bytes,
  });
  const lifecycle = new Lifecycle(() => feed.health().healthy);
  const pings = new Pings(settings.pingSeconds);
  const internal = new Networks(settings.internal);
  const pressure = new Pressure({ memoryPercent, loopDelayMs }, () => instance.elsewhere.privateBytes);
  const rates = new ConnectionRates({
    perSecond: settings.connectRate / processes,
    perAddressPerSecond: settings.addressRate / processes,
    exempt: internal,
  });
  const connections = () => stats.connections + instance.elsewhere.connections;
  const gateway = new Gateway({
    admission: new AdmissionPolicy({ maxConnections, connections, pressure, rates }, lifecycle),
    hub,
    backpressure,
    feed,
    pings,
    stats,
    welcome: () => ({ instance: settings.instance, release: settings.release, epoch: hub.position.epoch }),
  });
  const http = createHttp({
    lifecycle,
    instance,
    version: {
      release: settings.release,
      config: settings.configHash,
      instance: settings.instance,
      node: process.version,
    },
    internal,
    assets: await loadAssets(),
  });
  http.on('upgrade', gateway.upgrade);
  acceptProxies(http, new Networks(settings.proxies), (reason) => {
    stats.proxyErrors += 1;
    log.debug('proxy header refused', { reason });
  });
  return {
    sink: new HubSink(hub, stats),
    hub,
    stats,
    lifecycle,
    drain: new Drain(lifecycle, gateway.clients, hub, stats),
    async listen() {
      http.listen({ port: settings.port, backlog: BACKLOG, ...(settings.host !== '' && { host: settings.host }) });
      await once(http, 'listening');
    },
    stop() {
      http.close();
      http.closeAllConnections();
      pings.stop();
      pressure.stop();
      flusher.stop();
      backpressure.stop();
    },
  };
}
