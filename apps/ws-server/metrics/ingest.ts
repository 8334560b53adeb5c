/** What Prometheus sees of reading Kafka: counts where it is read, and how it stands for the whole instance. */

import type { TailHealth } from '@odin/kafka';
import { Gauge, type Registry } from 'prom-client';
import type { IngestStats } from '../stats.ts';
import { Meters } from './meters.ts';

export function meterIngest(registry: Registry, stats: IngestStats): void {
  const meters = new Meters(registry);
  meters.counter('kafka_records_consumed_total', 'Records read from Kafka', () => stats.records);
  meters.labelled('kafka_records_dropped_total', 'Records not published to any client', 'reason', () =>
    Object.entries(stats.recordsDropped),
  );
}

export interface InstanceSources {
  readonly kafka: () => TailHealth;
  readonly maxConnections: number;
  readonly version: Record<'release' | 'config' | 'instance', string>;
}

/** Once an instance, however many processes it has. */
export function meterInstance(registry: Registry, { kafka, maxConnections, version }: InstanceSources): void {
  const meters = new Meters(registry);
  meters.gauge('ws_connections_max', 'Clients this instance accepts', () => maxConnections);
  meters.gauge('kafka_consumer_healthy', '1 while all partitions are assigned and fetched', () =>
    Number(kafka().healthy),
  );
  meters.gauge('kafka_partitions_assigned', 'Partitions assigned to this instance', () => kafka().assigned);
  meters.gauge('kafka_partitions', 'Partitions of all topics', () => kafka().partitions);
  meters.gauge('kafka_consumer_lag_records', 'Records in the log and not read yet', () => kafka().lag);
  meters.counter('kafka_consumer_recoveries_total', 'Times the consumer was replaced', () => kafka().recoveries);
  new Gauge({
    name: 'ws_build_info',
    help: 'Always 1; what runs is in the labels',
    registers: [registry],
    labelNames: Object.keys(version),
  }).set(version, 1);
}
