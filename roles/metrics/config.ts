import { stringify } from 'yaml';
import { type Inventory, inGroup } from '#engine/inventory/inventory.ts';
import { METRICS_PORT } from '../broker/properties.ts';
import { STATS_PORT } from '../load-balancer/config.ts';

/** Inside the container; the host sees it on 127.0.0.1 under another number. */
export const PROMETHEUS_PORT = 9090;

const portOf = (vars: Readonly<Record<string, unknown>>, role: string): number => (vars[role] as { port: number }).port;

/** Something that has metrics: which job it belongs to, where it is scraped, and the name of its host. */
export interface Target {
  job: string;
  address: string;
  host: string;
}

/** Everything in an environment that has metrics. */
export function targetsOf(inventory: Inventory): Target[] {
  const [first] = inGroup(inventory, 'backend');
  if (!first) return [];
  return [
    { job: 'prometheus', address: `localhost:${PROMETHEUS_PORT}`, host: first.name },
    { job: 'broker', address: `odin-broker:${METRICS_PORT}`, host: first.name },
    { job: 'publisher', address: `odin-publisher:${portOf(first.vars, 'publisher')}`, host: first.name },
    ...inGroup(inventory, 'ws').map(({ name, internal, vars }) => ({
      job: 'ws-server',
      address: `${internal}:${portOf(vars, 'ws-server')}`,
      host: name,
    })),
    ...inGroup(inventory, 'lb').map(({ name, internal }) => ({
      job: 'load-balancer',
      address: `${internal}:${STATS_PORT}`,
      host: name,
    })),
  ];
}

/** prometheus.yml: each target labelled with its host's name. */
export function prometheusConfig(inventory: Inventory): string {
  const targets = targetsOf(inventory);
  return stringify({
    global: { scrape_interval: '5s', scrape_timeout: '4s', external_labels: { environment: inventory.env } },
    scrape_configs: [...new Set(targets.map(({ job }) => job))].map((name) => ({
      job_name: name,
      static_configs: targets
        .filter(({ job }) => job === name)
        .map(({ address, host }) => ({ targets: [address], labels: { host } })),
    })),
  });
}
