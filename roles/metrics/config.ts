import { stringify } from 'yaml';
import { type Inventory, inGroup } from '#engine/inventory/inventory.ts';
import { STATS_PORT } from '../load-balancer/config.ts';

/** Inside the container; the host sees it on 127.0.0.1 under another number. */
export const PROMETHEUS_PORT = 9090;
/** The JMX exporter inside the broker's container. */
export const BROKER_METRICS_PORT = 9404;

const portOf = (vars: Readonly<Record<string, unknown>>, role: string): number => (vars[role] as { port: number }).port;

/** prometheus.yml: everything that has metrics, each target labelled with its host's name. */
export function prometheusConfig(inventory: Inventory): string {
  const backends = inGroup(inventory, 'backend');
  const first = backends[0];
  const job = (name: string, targets: { target: string; host: string }[]) => ({
    job_name: name,
    static_configs: targets.map(({ target, host }) => ({ targets: [target], labels: { host } })),
  });
  const jobs = [
    job('prometheus', first ? [{ target: `localhost:${PROMETHEUS_PORT}`, host: first.name }] : []),
    job('broker', first ? [{ target: `odin-broker:${BROKER_METRICS_PORT}`, host: first.name }] : []),
    job('publisher', first ? [{ target: `odin-publisher:${portOf(first.vars, 'publisher')}`, host: first.name }] : []),
    job(
      'ws-server',
      inGroup(inventory, 'ws').map(({ name, internal, vars }) => ({
        target: `${internal}:${portOf(vars, 'ws-server')}`,
        host: name,
      })),
    ),
    job(
      'load-balancer',
      inGroup(inventory, 'lb').map(({ name, internal }) => ({ target: `${internal}:${STATS_PORT}`, host: name })),
    ),
  ];
  return stringify({
    global: { scrape_interval: '5s', scrape_timeout: '4s', external_labels: { environment: inventory.env } },
    scrape_configs: jobs.filter(({ static_configs }) => static_configs.length > 0),
  });
}
