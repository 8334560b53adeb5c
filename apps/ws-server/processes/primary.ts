/** What an instance of several processes says and does as one. */

import type { Logger } from '@odin/runtime';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { offerAdmin } from '../drain/admin-socket.ts';
import { UNKNOWN } from '../feed/feed-client.ts';
import { CpuSampler, health } from '../health.ts';
import { ownMemory, together } from '../memory.ts';
import { meterInstance } from '../metrics/ingest.ts';
import { Meters } from '../metrics/meters.ts';
import type { WsServer } from '../server.ts';
import type { WsSettings } from '../settings.ts';
import { InstanceDrain } from './instance-drain.ts';
import type { Question } from './messages.ts';
import { Supervisor } from './supervisor.ts';

/** Of the grace period, for the reader of Kafka to leave in order. */
const READER_END_MS = 1_000;

export async function startProcesses(settings: WsSettings, workers: number, log: Logger): Promise<WsServer> {
  const { instance, release, configHash, maxConnections, graceSeconds } = settings;
  const cpu = new CpuSampler();
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const reports = () => supervisor.children.flatMap(({ report }) => report ?? []);
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  const kafka = () => supervisor.reader?.report?.kafka ?? UNKNOWN;
  const memory = () => [ownMemory(), ...reports().map((report) => report.memory)];
  const answers: Record<Question, () => unknown> = {
    health: async () => {
      const { clients } = await drain.status();
      return health({
        kafka: kafka(),
        cpuPercentage: cpu.percentage + sum(reports().map(({ cpuPercentage }) => cpuPercentage)),
        usedBytes: together(memory()),
        connections: clients,
        maxConnections,
      });
    },
    metrics: async () => supervisor.totals.text([await registry.getMetricsAsJSON(), ...(await supervisor.metrics())]),
  };
  const supervisor: Supervisor = new Supervisor({
    workers,
    log,
    order: (child) => drain.order(child, sum(memory().map(({ privateBytes }) => privateBytes))),
    answer: async (what) => answers[what](),
  });
  const drain = new InstanceDrain(supervisor);
  meterInstance(registry, { kafka, maxConnections, version: { release, config: configHash, instance } });
  const meters = new Meters(registry);
  meters.gauge('ws_processes', 'Processes that serve clients', () => supervisor.workers.length);
  meters.labelled('ws_process_restarts_total', 'Processes that ended and were started again', 'process', () =>
    Object.entries(supervisor.restarts),
  );
  const leave = async () => {
    cpu.stop();
    await supervisor.stop();
  };
  const admin = await offerAdmin(settings, drain, log);
  try {
    await supervisor.start();
  } catch (error) {
    await leave();
    throw error;
  }
  log.info('listening', { port: settings.port, instance, release, delivery: settings.delivery, workers });
  return {
    async stop() {
      const graceMs = graceSeconds * 1000;
      const deadline = Date.now() + graceMs;
      supervisor.end();
      await drain.end(graceMs - READER_END_MS);
      admin?.close();
      await drain.endReader(deadline - Date.now());
      await leave();
    },
  };
}
