/** What Prometheus sees of the publisher. Counters are plain numbers of the feed, read at the scrape. */

import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Feed, FeedCounters } from './feed.ts';

export function createMetrics(feed: Feed): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counter = (name: string, help: string, key: keyof FeedCounters) =>
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(feed.counters[key]);
      },
    });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  counter('publisher_events_published_total', 'Events that the brokers acknowledged', 'published');
  counter('publisher_send_failures_total', 'Batches that a send could not deliver; each is tried again', 'failedSends');
  counter('publisher_events_skipped_total', 'Events not created because the broker was away', 'skipped');
  gauge('publisher_rate_target', 'Declared events a second', () => (feed.state.running ? feed.state.rate : 0));
  gauge('publisher_rate_current', 'Acknowledged events a second over the last seconds', () => feed.currentRate);
  gauge('publisher_connected', '1 when the last send was acknowledged', () => Number(feed.connected));
  return registry;
}
