import { z } from 'zod';
import { containerOurs } from '#engine/checks/container-ours.ts';
import { portFree } from '#engine/checks/port-free.ts';
import { inGroup } from '#engine/inventory/inventory.ts';
import { memorySize } from '#engine/inventory/schema.ts';
import { stack } from '#engine/resources/compose.ts';
import { directory } from '#engine/resources/directory.ts';
import { file } from '#engine/resources/file.ts';
import { image } from '#engine/resources/image.ts';
import { role } from '#engine/role.ts';
import { kindUnchanged } from './checks.ts';
import { CONTROLLER_PORT, clusterId, INTERNAL_PORT, METRICS_PORT, serverProperties } from './properties.ts';

const schema = z.strictObject({
  /** A change on a live environment is refused: the data would not come along. */
  kind: z.enum(['kafka'], 'the only broker that the kit deploys so far is "kafka"').default('kafka'),
  /** On the internal address, for ws hosts. */
  port: z.int().min(1).max(65_535).default(9092),
  /** Limit of the container. */
  memory: memorySize.default('640M'),
  /** Heap of the JVM. */
  heap: memorySize.default('256M'),
});

export const PROJECT = 'odin-backend';
export const CONTAINER = 'odin-broker';
/** The label by which a later deploy knows what kind of broker it finds. */
export const KIND_LABEL = 'odin.broker.kind';
const CONFIG = `/opt/odin/${PROJECT}/broker`;
const READY_S = 90;

/** Apache Kafka in KRaft mode, one per backend host. */
export const broker = role('broker', schema, {
  resources({ host, inventory, vars, image: reference }) {
    const properties = serverProperties(host, inventory, vars.port);
    const clustered = inGroup(inventory, 'backend').length > 1;
    return [
      image({ reference: reference('kafka') }),
      directory({ path: CONFIG }),
      file({ path: `${CONFIG}/server.properties`, content: properties }),
      stack({
        project: PROJECT,
        stack: 'broker',
        services: {
          broker: {
            container_name: CONTAINER,
            hostname: CONTAINER,
            image: reference('kafka'),
            restart: 'unless-stopped',
            // A clean stop writes the logs out; without it the next start recovers every partition.
            stop_grace_period: '30s',
            mem_limit: vars.memory,
            environment: {
              KAFKA_CLUSTER_ID: clusterId(inventory.env),
              KAFKA_HEAP: vars.heap,
              KAFKA_METRICS_PORT: String(METRICS_PORT),
            },
            volumes: [`${CONFIG}:/etc/odin:ro`, 'broker-data:/var/lib/kafka'],
            ports: [
              `${host.internal}:${vars.port}:${vars.port}`,
              ...(clustered ? [`${host.internal}:${CONTROLLER_PORT}:${CONTROLLER_PORT}`] : []),
            ],
            healthcheck: {
              test: ['CMD', 'bash', '-c', `exec 3<>/dev/tcp/127.0.0.1/${INTERNAL_PORT}`],
              interval: '2s',
              timeout: '2s',
              retries: 5,
              start_period: '60s',
            },
            labels: { [KIND_LABEL]: vars.kind },
            cap_drop: ['ALL'],
            security_opt: ['no-new-privileges:true'],
          },
        },
        volumes: { 'broker-data': { name: 'odin-broker-data' } },
        configuredBy: [{ path: `${CONFIG}/server.properties`, content: properties }],
        ready: `docker exec ${CONTAINER} bash -c 'exec 3<>/dev/tcp/127.0.0.1/${INTERNAL_PORT}'`,
        readySeconds: READY_S,
      }),
    ];
  },
  checks: ({ host, vars }) => [
    containerOurs(CONTAINER, PROJECT),
    portFree({ port: vars.port, address: host.internal, owner: CONTAINER }),
    kindUnchanged(vars.kind, { container: CONTAINER, label: KIND_LABEL }),
  ],
});
