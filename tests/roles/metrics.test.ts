import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { prometheusConfig, targetsOf } from '#roles/metrics/config.ts';
import { metrics } from '#roles/metrics/role.ts';
import { clusterInventory, sandboxInventory } from '../support/inventory.ts';
import { fileText, servicesOf } from '../support/roles.ts';

describe('targets', () => {
  it.each([
    [
      'inventory/sandbox.yml',
      sandboxInventory(),
      [
        'prometheus localhost:9090 backend-1',
        'broker odin-broker:9404 backend-1',
        'publisher odin-publisher:3003 backend-1',
        'ws-server 10.77.0.12:3004 ws-1',
        'ws-server 10.77.0.13:3004 ws-2',
        'load-balancer 10.77.0.14:8404 lb-1',
      ],
    ],
    [
      'without a balancer of our own',
      clusterInventory(),
      [
        'prometheus localhost:9090 backend-1',
        'broker odin-broker:9404 backend-1',
        'publisher odin-publisher:3003 backend-1',
        'ws-server 10.77.0.14:3004 ws-1',
        'ws-server 10.77.0.15:3004 ws-2',
      ],
    ],
  ])('%s', (_what, inventory, expected) => {
    expect(targetsOf(inventory).map(({ job, address, host }) => `${job} ${address} ${host}`)).toEqual(expected);
  });
});

interface Config {
  global: Record<string, unknown>;
  scrape_configs: { job_name: string; static_configs: { targets: string[]; labels: { host: string } }[] }[];
}

describe('prometheus.yml', () => {
  const config = parse(prometheusConfig(sandboxInventory())) as Config;

  it('has one job per kind of target, no job without one', () => {
    expect(config.scrape_configs.map(({ job_name }) => job_name)).toEqual([
      'prometheus',
      'broker',
      'publisher',
      'ws-server',
      'load-balancer',
    ]);
    const other = parse(prometheusConfig(clusterInventory())) as Config;
    expect(other.scrape_configs.map(({ job_name }) => job_name)).not.toContain('load-balancer');
  });

  it('labels each target with its host', () => {
    expect(config.scrape_configs.find(({ job_name }) => job_name === 'ws-server')?.static_configs).toEqual([
      { targets: ['10.77.0.12:3004'], labels: { host: 'ws-1' } },
      { targets: ['10.77.0.13:3004'], labels: { host: 'ws-2' } },
    ]);
  });

  it('gives up a scrape before the next one begins, and says which environment it is', () => {
    expect(config.global).toEqual({
      scrape_interval: '5s',
      scrape_timeout: '4s',
      external_labels: { environment: 'sandbox' },
    });
  });

  it('is mounted as a folder, so that a new file is seen', () => {
    expect(fileText(metrics, sandboxInventory(), 'backend-1', '/opt/odin/odin-backend/prometheus/prometheus.yml')).toBe(
      prometheusConfig(sandboxInventory()),
    );
    expect(servicesOf(metrics, sandboxInventory(), 'backend-1')['odin-prometheus']?.volumes).toContain(
      '/opt/odin/odin-backend/prometheus:/etc/odin:ro',
    );
  });
});
