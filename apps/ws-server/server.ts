/** One ws-server, assembled: Kafka → hub → clients, and the HTTP around it. */

import { once } from 'node:events';
import { LogReader } from '@odin/kafka';
import { type Logger, messageOf } from '@odin/runtime';
import { AdmissionPolicy } from './admission/admission.ts';
import { Pressure } from './admission/pressure.ts';
import { ConnectionRates } from './admission/rates.ts';
import { listenAdmin } from './drain/admin-socket.ts';
import { Drain } from './drain/drain.ts';
import { Gateway } from './gateway.ts';
import { CpuSampler, health } from './health.ts';
import { loadAssets } from './http/assets.ts';
import { createHttp } from './http/routes.ts';
import { Backpressure } from './hub/backpressure.ts';
import { Flusher } from './hub/flush.ts';
import { Hub } from './hub/hub.ts';
import { latestOf } from './hub/latest.ts';
import { startIngest } from './ingest/ingest.ts';
import { Lifecycle } from './lifecycle.ts';
import { createMetrics } from './metrics.ts';
import { Pings } from './pings.ts';
import { acceptProxies } from './proxy/listener.ts';
import { Networks } from './proxy/networks.ts';
import { LogReplay } from './resume/log-replay.ts';
import type { WsSettings } from './settings.ts';
import { createStats } from './stats.ts';

/** Connections waiting to be accepted; the kernel caps it at net.core.somaxconn. */
const BACKLOG = 4_096;

export interface WsServer {
  /** Ends within the grace period: clients are told, Kafka is left in order. */
  stop(): Promise<void>;
}

export async function startServer(settings: WsSettings, log: Logger): Promise<WsServer> {
  const { instance, release, configHash, maxConnections, lagBytes, queueBytes, lagSeconds } = settings;
  const stats = createStats();
  const cpu = new CpuSampler();
  const epoch = () => tail.health().epoch ?? '';
  const backpressure = new Backpressure({ lagBytes, queueBytes, lagMs: lagSeconds * 1000 }, stats, epoch, (ranges) =>
    latestOf(hub, ranges),
  );
  const flusher = new Flusher(backpressure, stats, (seconds) => metrics.observeLatency(seconds));
  const hub = new Hub(flusher, { seconds: settings.replaySeconds, bytes: settings.replayBytes });
  const reader = new LogReader({ brokers: settings.brokers, clientId: `odin-ws-${instance}-replay`, logger: log });
  const tail = startIngest(settings, hub, stats, log);
  const lifecycle = new Lifecycle(() => tail.health().healthy);
  const pings = new Pings(settings.pingSeconds);
  const metrics = createMetrics({
    stats,
    kafka: () => tail.health(),
    tokens: () => hub.tokens,
    historyBytes: () => hub.history.bytes,
    maxConnections,
    version: { release, config: configHash, instance },
  });
  const internal = new Networks(settings.internal);
  const { memoryPercent, loopDelayMs, connectRate, addressRate } = settings;
  const pressure = new Pressure({ memoryPercent, loopDelayMs });
  const rates = new ConnectionRates({ perSecond: connectRate, perAddressPerSecond: addressRate, exempt: internal });
  const gateway = new Gateway({
    admission: new AdmissionPolicy({ maxConnections, pressure, rates }, lifecycle, stats),
    hub,
    backpressure,
    log: new LogReplay(reader, hub, settings.replayRate),
    pings,
    stats,
    welcome: () => ({ instance, release, epoch: epoch() }),
  });
  const http = createHttp({
    lifecycle,
    health: () => health(tail.health(), cpu, stats, maxConnections),
    version: { release, config: configHash, instance, node: process.version },
    registry: metrics.registry,
    internal,
    assets: await loadAssets(),
  });
  http.on('upgrade', gateway.upgrade);
  acceptProxies(http, new Networks(settings.proxies), (reason) => {
    stats.proxyErrors += 1;
    log.debug('proxy header refused', { reason });
  });
  http.listen({ port: settings.port, backlog: BACKLOG, ...(settings.host !== '' && { host: settings.host }) });
  await once(http, 'listening');
  const drain = new Drain(lifecycle, gateway.clients, hub, stats);
  const admin = await listenAdmin(settings.adminSocket, drain).catch((error: unknown) => {
    log.warn('no admin socket: only SIGTERM drains this instance', { error: messageOf(error) });
  });
  log.info('listening', { port: settings.port, instance, release, delivery: settings.delivery });

  return {
    async stop() {
      await drain.end(settings.graceSeconds * 1000);
      admin?.close();
      http.close();
      http.closeAllConnections();
      pings.stop();
      pressure.stop();
      cpu.stop();
      flusher.stop();
      backpressure.stop();
      await Promise.all([tail.stop(), reader.close()]);
    },
  };
}
