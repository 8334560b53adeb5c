/** What Prometheus sees of the clients of one process. */

import { Histogram, type Registry } from 'prom-client';
import type { Stats } from '../stats.ts';
import { Meters } from './meters.ts';

const LATENCY_BUCKETS_S = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

export interface ServingSources {
  readonly stats: Stats;
  readonly tokens: () => number;
  readonly historyBytes: () => number;
}

/** Returns what observes the age of an event when it was written, in seconds. */
export function meterServing(registry: Registry, { stats, tokens, historyBytes }: ServingSources) {
  const meters = new Meters(registry);
  const { dropped, gaps, resumes, refused } = {
    dropped: () => Object.entries(stats.messagesDropped),
    gaps: () => Object.entries(stats.gapsSent),
    resumes: () => Object.entries(stats.resumes),
    refused: () => Object.entries(stats.refused),
  };
  meters.gauge('ws_connections_active', 'Clients connected', () => stats.connections);
  meters.counter('ws_connections_total', 'Clients accepted', () => stats.connectionsTotal);
  meters.labelled('ws_connections_refused_total', 'Upgrades refused', 'reason', refused);
  meters.labelled('ws_connections_closed_total', 'Connections ended, by close code', 'code', () => stats.closed);
  meters.counter('ws_messages_sent_total', 'Events written to clients, one for each client', () => stats.messagesSent);
  meters.counter('ws_messages_received_total', 'Messages of clients', () => stats.messagesReceived);
  meters.counter('ws_bytes_sent_total', 'Bytes of events written to clients', () => stats.bytesSent);
  meters.labelled('ws_messages_dropped_total', 'Events not written to a client', 'reason', dropped);
  meters.labelled('ws_gaps_sent_total', 'Gaps told to clients', 'reason', gaps);
  meters.labelled('ws_resumes_total', 'Resumes by cursor, by where the events came from', 'from', resumes);
  meters.counter('ws_messages_replayed_total', 'Events written for a resume', () => stats.messagesReplayed);
  meters.gauge('ws_history_bytes', 'Memory held for resumes', historyBytes);
  meters.gauge('ws_clients_lagging', 'Clients that read too slowly just now', () => stats.lagging);
  // Clients of one token are in all processes: the sum would count it often.
  meters.gauge('ws_tokens_subscribed', 'Tokens with at least one client', tokens, 'max');
  meters.counter('ws_flushes_total', 'Passes over the groups with news', () => stats.flushes);
  meters.counter(
    'ws_proxy_errors_total',
    'Connections of declared proxies without a valid PROXY header',
    () => stats.proxyErrors,
  );
  const latency = new Histogram({
    name: 'ws_delivery_latency_seconds',
    help: "From an event's timestamp to its write, sampled once a flush",
    registers: [registry],
    buckets: LATENCY_BUCKETS_S,
  });
  return (seconds: number) => latency.observe(seconds);
}
