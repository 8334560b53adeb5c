import { z } from 'zod';
import { containerOurs } from '#engine/checks/container-ours.ts';
import { portFree } from '#engine/checks/port-free.ts';
import { memorySize } from '#engine/inventory/schema.ts';
import { stack } from '#engine/resources/compose.ts';
import { directory } from '#engine/resources/directory.ts';
import { file } from '#engine/resources/file.ts';
import { image } from '#engine/resources/image.ts';
import { role } from '#engine/role.ts';
import { PROJECT } from '../broker/role.ts';
import { PROMETHEUS_PORT, prometheusConfig } from './config.ts';
import { targetsUp } from './targets.ts';

const schema = z.strictObject({
  /** On 127.0.0.1 of the host only. */
  port: z.int().min(1).max(65_535).default(9091),
  memory: memorySize.default('256M'),
  retention: z
    .string()
    .regex(/^\d+[hdw]$/, 'expected a time such as 7d')
    .default('7d'),
});

export const CONTAINER = 'odin-prometheus';
const CONFIG = `/opt/odin/${PROJECT}/prometheus`;
const READY_S = 60;

/** Prometheus, on the loopback of the first backend host. */
export const metrics = role('metrics', schema, {
  resources({ inventory, vars, image: reference }) {
    const config = prometheusConfig(inventory);
    return [
      image({ reference: reference('prometheus') }),
      directory({ path: CONFIG }),
      file({ path: `${CONFIG}/prometheus.yml`, content: config }),
      stack({
        project: PROJECT,
        stack: 'metrics',
        services: {
          prometheus: {
            container_name: CONTAINER,
            image: reference('prometheus'),
            restart: 'unless-stopped',
            stop_grace_period: '30s',
            mem_limit: vars.memory,
            command: [
              '--config.file=/etc/odin/prometheus.yml',
              '--storage.tsdb.path=/var/lib/prometheus',
              `--storage.tsdb.retention.time=${vars.retention}`,
              `--web.listen-address=:${PROMETHEUS_PORT}`,
            ],
            volumes: [`${CONFIG}:/etc/odin:ro`, 'prometheus-data:/var/lib/prometheus'],
            ports: [`127.0.0.1:${vars.port}:${PROMETHEUS_PORT}`],
            read_only: true,
            tmpfs: ['/tmp'],
            cap_drop: ['ALL'],
            security_opt: ['no-new-privileges:true'],
          },
        },
        volumes: { 'prometheus-data': { name: 'odin-prometheus-data' } },
        configuredBy: [{ path: `${CONFIG}/prometheus.yml`, content: config }],
        ready: `curl -fsS -m 2 http://127.0.0.1:${vars.port}/-/ready`,
        readySeconds: READY_S,
      }),
    ];
  },
  checks: ({ vars }) => [
    containerOurs(CONTAINER, PROJECT),
    portFree({ port: vars.port, address: '127.0.0.1', owner: CONTAINER }),
    targetsUp(vars.port),
  ],
});
