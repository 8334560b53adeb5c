import { z } from 'zod';
import { containerOurs } from '#engine/checks/container-ours.ts';
import { portFree } from '#engine/checks/port-free.ts';
import { inGroup } from '#engine/inventory/inventory.ts';
import { memorySize } from '#engine/inventory/schema.ts';
import { stack } from '#engine/resources/compose.ts';
import { image } from '#engine/resources/image.ts';
import { role } from '#engine/role.ts';
import { externalBrokers } from '../broker/properties.ts';
import { brokerReachable, everyEventEverywhere, ready } from './checks.ts';

const schema = z.strictObject({
  port: z.int().min(1).max(65_535).default(3004),
  memory: memorySize.default('512M'),
  /** Processes that serve clients, beside one that reads Kafka; 0: one for all; auto: every core but one. */
  workers: z.union([z.literal('auto'), z.int().min(0).max(64)]).default('auto'),
  /** KAFKA_GROUP_ID: one value for all instances. */
  group: z.string().min(1).default('ws-server-production'),
  /** `all`: every instance reads every partition. `partitioned`: Kafka splits them, and a client of one instance misses the rest. */
  delivery: z.enum(['all', 'partitioned']).default('all'),
});

export const PROJECT = 'odin-ws';
export const CONTAINER = 'odin-ws';
const READY_S = 60;
/** The user of the image, see apps/ws-server/Dockerfile. */
const IMAGE_USER = 10_001;
/** Addresses that Docker gives its bridges: a request from the host itself comes from there. */
const BRIDGES = '172.16.0.0/12';

/** The Kafka → WebSocket fan-out server. */
export const wsServer = role('ws-server', schema, {
  resources({ host, inventory, vars, image: reference }) {
    const name = reference('ws-server');
    const proxies = inGroup(inventory, 'lb').map(({ internal }) => `${internal}/32`);
    const internals = inventory.hosts
      .filter(({ groups }) => !groups.includes('lb'))
      .map(({ internal }) => `${internal}/32`);
    return [
      image({ reference: name }),
      stack({
        project: PROJECT,
        stack: 'ws-server',
        services: {
          ws: {
            container_name: CONTAINER,
            hostname: host.name,
            image: name,
            restart: 'unless-stopped',
            init: true,
            stop_grace_period: '30s',
            mem_limit: vars.memory,
            environment: {
              PORT: String(vars.port),
              INSTANCE: host.name,
              KAFKA_BROKERS: externalBrokers(inventory).join(','),
              KAFKA_GROUP_ID: vars.group,
              DELIVERY: vars.delivery,
              WS_WORKERS: String(vars.workers),
              INTERNAL_CIDRS: [...internals, '127.0.0.0/8', BRIDGES].join(','),
              ...(proxies.length > 0 ? { PROXY_FROM: proxies.join(',') } : {}),
              RELEASE: name.slice(name.lastIndexOf(':') + 1),
            },
            ports: [`${vars.port}:${vars.port}`],
            // The host's own settings do not reach a bridged container.
            sysctls: { 'net.core.somaxconn': '4096', 'net.ipv4.tcp_notsent_lowat': '65536' },
            read_only: true,
            // The admin socket: only the server's own user may speak to it, so `docker exec` can and nobody else.
            tmpfs: ['/tmp', `/run/odin:uid=${IMAGE_USER},gid=${IMAGE_USER},mode=0700`],
            cap_drop: ['ALL'],
            security_opt: ['no-new-privileges:true'],
          },
        },
        ready: `curl -fsS -m 2 http://127.0.0.1:${vars.port}/readyz`,
        readySeconds: READY_S,
      }),
    ];
  },
  checks: ({ inventory, vars }) => [
    containerOurs(CONTAINER, PROJECT),
    portFree({ port: vars.port, address: '0.0.0.0', owner: CONTAINER }),
    ready(vars.port),
    ...(vars.delivery === 'partitioned' && inGroup(inventory, 'ws').length > 1
      ? [everyEventEverywhere(inGroup(inventory, 'ws').length)]
      : []),
    ...inGroup(inventory, 'backend').map(({ internal, vars: all }) =>
      brokerReachable(internal, (all.broker as { port: number }).port),
    ),
  ],
});
