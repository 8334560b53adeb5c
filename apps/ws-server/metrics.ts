/** What Prometheus sees. The hot path counts in plain numbers; they are read here, at the scrape. */

import type { TailHealth } from '@odin/kafka';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Stats } from './stats.ts';

const LATENCY_BUCKETS_S = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

export interface MetricSources {
  readonly stats: Stats;
  readonly kafka: () => TailHealth;
  readonly tokens: () => number;
  readonly historyBytes: () => number;
  readonly maxConnections: number;
  readonly version: Record<'release' | 'config' | 'instance', string>;
}

export function createMetrics({ stats, kafka, tokens, historyBytes, maxConnections, version }: MetricSources) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  const counter = (name: string, help: string, read: () => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  const labelled = (name: string, help: string, label: string, read: () => Iterable<[string | number, number]>) =>
    new Counter({
      name,
      help,
      registers,
      labelNames: [label],
      collect() {
        this.reset();
        for (const [key, value] of read()) this.inc({ [label]: String(key) }, value);
      },
    });

  gauge('ws_connections_active', 'Clients connected', () => stats.connections);
  gauge('ws_connections_max', 'Clients this instance accepts', () => maxConnections);
  counter('ws_connections_total', 'Clients accepted', () => stats.connectionsTotal);
  labelled('ws_connections_refused_total', 'Upgrades refused', 'reason', () => Object.entries(stats.refused));
  labelled('ws_connections_closed_total', 'Connections ended, by close code', 'code', () => stats.closed);
  counter('ws_messages_sent_total', 'Events written to clients, one for each client', () => stats.messagesSent);
  counter('ws_messages_received_total', 'Messages of clients', () => stats.messagesReceived);
  counter('ws_bytes_sent_total', 'Bytes of events written to clients', () => stats.bytesSent);
  labelled('ws_messages_dropped_total', 'Events not written to a client', 'reason', () =>
    Object.entries(stats.messagesDropped),
  );
  labelled('ws_gaps_sent_total', 'Gaps told to clients', 'reason', () => Object.entries(stats.gapsSent));
  labelled('ws_resumes_total', 'Resumes by cursor, by where the events came from', 'from', () =>
    Object.entries(stats.resumes),
  );
  counter('ws_messages_replayed_total', 'Events written for a resume', () => stats.messagesReplayed);
  gauge('ws_history_bytes', 'Memory held for resumes', historyBytes);
  gauge('ws_clients_lagging', 'Clients that read too slowly just now', () => stats.lagging);
  gauge('ws_tokens_subscribed', 'Tokens with at least one client', tokens);
  counter('ws_flushes_total', 'Passes over the groups with news', () => stats.flushes);
  counter(
    'ws_proxy_errors_total',
    'Connections of declared proxies without a valid PROXY header',
    () => stats.proxyErrors,
  );
  counter('kafka_records_consumed_total', 'Records read from Kafka', () => stats.records);
  labelled('kafka_records_dropped_total', 'Records not published to any client', 'reason', () =>
    Object.entries(stats.recordsDropped),
  );
  gauge('kafka_consumer_healthy', '1 while all partitions are assigned and fetched', () => Number(kafka().healthy));
  gauge('kafka_partitions_assigned', 'Partitions assigned to this instance', () => kafka().assigned);
  gauge('kafka_partitions', 'Partitions of all topics', () => kafka().partitions);
  gauge('kafka_consumer_lag_records', 'Records in the log and not read yet', () => kafka().lag);
  counter('kafka_consumer_recoveries_total', 'Times the consumer was replaced', () => kafka().recoveries);
  new Gauge({
    name: 'ws_build_info',
    help: 'Always 1; what runs is in the labels',
    registers,
    labelNames: Object.keys(version),
  }).set(version, 1);
  const latency = new Histogram({
    name: 'ws_delivery_latency_seconds',
    help: "From an event's timestamp to its write, sampled once a flush",
    registers,
    buckets: LATENCY_BUCKETS_S,
  });
  return { registry, observeLatency: (seconds: number) => latency.observe(seconds) };
}
