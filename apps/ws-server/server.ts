/** One ws-server in one process, assembled: Kafka → hub → clients. */

import type { Logger } from '@odin/runtime';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { offerAdmin } from './drain/admin-socket.ts';
import type { Feed } from './feed/feed.ts';
import { CpuSampler, health } from './health.ts';
import { startIngest } from './ingest/ingest.ts';
import { ALONE } from './instance.ts';
import { ownMemory, together } from './memory.ts';
import { meterIngest, meterInstance } from './metrics/ingest.ts';
import { createServing } from './serving.ts';
import type { WsSettings } from './settings.ts';
import { createIngestStats } from './stats.ts';

export interface WsServer {
  /** Ends within the grace period: clients are told, Kafka is left in order. */
  stop(): Promise<void>;
}

export async function startServer(settings: WsSettings, log: Logger): Promise<WsServer> {
  const { instance, release, configHash, maxConnections } = settings;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const cpu = new CpuSampler();
  const feed: Feed = { health: () => ingest.health(), read: (ask) => ingest.read(ask) };
  const serving = await createServing({
    settings,
    log,
    feed,
    registry,
    processes: 1,
    instance: {
      elsewhere: ALONE,
      health: async () =>
        health({
          kafka: feed.health(),
          cpuPercentage: cpu.percentage,
          usedBytes: together([ownMemory()]),
          connections: serving.stats.connections,
          maxConnections,
        }),
      metrics: () => registry.metrics(),
    },
  });
  const ingestStats = createIngestStats();
  const ingest = startIngest(settings, serving.sink, ingestStats, log);
  meterIngest(registry, ingestStats);
  meterInstance(registry, {
    kafka: () => feed.health(),
    maxConnections,
    version: { release, config: configHash, instance },
  });
  const admin = await offerAdmin(settings, serving.drain, log);
  await serving.listen();
  log.info('listening', { port: settings.port, instance, release, delivery: settings.delivery });
  return {
    async stop() {
      await serving.drain.end(settings.graceSeconds * 1000);
      admin?.close();
      serving.stop();
      cpu.stop();
      await ingest.stop();
    },
  };
}
