import { describe, expect, it } from 'vitest';
import type { ServiceSpec } from '#engine/resources/compose.ts';
import { deploy, roles } from '#playbooks/deploy.ts';
import { publisher } from '#roles/publisher/role.ts';
import { wsServer } from '#roles/ws-server/role.ts';
import { clusterInventory, inventoryOf, sandboxInventory } from '../support/inventory.ts';
import { hostsOfRole, servicesOf } from '../support/roles.ts';

/** Every container of an environment, by `host container`. */
function containersOf(inventory: ReturnType<typeof sandboxInventory>): [string, ServiceSpec][] {
  return roles.flatMap((role) =>
    hostsOfRole(deploy, role, inventory).flatMap((host) =>
      Object.entries(servicesOf(role, inventory, host.name)).map(([name, spec]): [string, ServiceSpec] => [
        `${host.name} ${name}`,
        spec,
      ]),
    ),
  );
}

it('what runs where in inventory/sandbox.yml', () => {
  expect(containersOf(sandboxInventory()).map(([name]) => name)).toEqual([
    'backend-1 odin-broker',
    'backend-1 odin-publisher',
    'ws-1 odin-ws',
    'ws-2 odin-ws',
    'backend-1 odin-prometheus',
  ]);
});

describe.each([...containersOf(sandboxInventory()), ...containersOf(clusterInventory())])('%s', (name, spec) => {
  it('has a memory limit, so that one cannot take the host with it', () => expect(spec.mem_limit).toMatch(/^\d+[MG]$/));
  it('comes back after a reboot', () => expect(spec.restart).toBe('unless-stopped'));
  it('may end in peace', () => expect(Number.parseInt(String(spec.stop_grace_period), 10)).toBeGreaterThanOrEqual(15));
  it('has no rights that it does not need', () => {
    expect(spec.cap_drop).toEqual(['ALL']);
    expect(spec.security_opt).toEqual(['no-new-privileges:true']);
    expect(spec).not.toHaveProperty('privileged');
    expect(spec).not.toHaveProperty('network_mode');
  });
  it('runs an image by a release, never by a moving name', () => expect(spec.image).toMatch(/:[0-9a-f]{12}$/));
  it('publishes nothing to everyone but the feed', () => {
    const open = ((spec.ports as string[] | undefined) ?? []).filter(
      (port) => !/^(127\.0\.0\.1|10\.77\.0\.\d+):/.test(port),
    );
    expect(open).toEqual(name.endsWith('odin-ws') ? ['3004:3004'] : []);
  });
  it('keeps what it must keep in a volume with a name of its own', () => {
    const mounts = ((spec.volumes as string[] | undefined) ?? []).filter((mount) => !mount.startsWith('/opt/odin/'));
    for (const mount of mounts) expect(mount).toMatch(/^(broker-data|publisher-state|prometheus-data):/);
  });
});

describe('the ws-server', () => {
  const spec = (inventory = sandboxInventory()): ServiceSpec | undefined =>
    servicesOf(wsServer, inventory, 'ws-1')['odin-ws'];

  it('is told everything by its environment', () => {
    expect(spec()?.environment).toEqual({
      PORT: '3004',
      INSTANCE: 'ws-1',
      KAFKA_BROKERS: '10.77.0.11:9092',
      KAFKA_GROUP_ID: 'ws-server-production',
      DELIVERY: 'all',
      INTERNAL_CIDRS: '10.77.0.11/32,10.77.0.12/32,10.77.0.13/32,127.0.0.0/8,172.16.0.0/12',
      PROXY_FROM: '10.77.0.14/32',
      RELEASE: '4f1c0a9be210',
      WS_WORKERS: 'auto',
    });
  });

  it('believes a PROXY header only where there is a balancer of ours', () => {
    expect(spec(clusterInventory())?.environment).not.toHaveProperty('PROXY_FROM');
  });

  it('has its own kernel settings: the host’s do not reach into the container', () => {
    expect(spec()?.sysctls).toEqual({ 'net.core.somaxconn': '4096', 'net.ipv4.tcp_notsent_lowat': '65536' });
  });
});

describe('the publisher', () => {
  const environment = (vars: string): unknown =>
    servicesOf(
      publisher,
      inventoryOf(
        `provider: sandbox\nhosts: { b: { groups: [backend] } }\nnetwork: {}\nvars: { publisher: ${vars} }\n`,
      ),
      'b',
    )['odin-publisher']?.environment;

  it('is told where the broker is, and what to begin with', () => {
    expect(environment('{ rate: 50, tokens: [BTC, ETH] }')).toEqual({
      PORT: '3003',
      KAFKA_BROKERS: 'odin-broker:19092',
      STATE_DIR: '/var/lib/odin',
      RELEASE: '4f1c0a9be210',
      PUBLISHER_RATE: '50',
      PUBLISHER_TOKENS: 'BTC,ETH',
    });
  });

  it('is told no more than the inventory says', () => {
    expect(environment('{}')).not.toHaveProperty('PUBLISHER_RATE');
    expect(environment('{}')).not.toHaveProperty('PUBLISHER_TOKENS');
  });
});
