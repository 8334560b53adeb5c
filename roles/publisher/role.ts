import { z } from 'zod';
import { containerOurs } from '#engine/checks/container-ours.ts';
import { portFree } from '#engine/checks/port-free.ts';
import { memorySize } from '#engine/inventory/schema.ts';
import { stack } from '#engine/resources/compose.ts';
import { image } from '#engine/resources/image.ts';
import { role } from '#engine/role.ts';
import { brokersBeside } from '../broker/properties.ts';
import { PROJECT } from '../broker/role.ts';

const schema = z.strictObject({
  /** On 127.0.0.1 of the first backend host only. */
  port: z.int().min(1).max(65_535).default(3003),
  memory: memorySize.default('160M'),
  /** Events per second to begin with; afterwards `make publisher` decides, and its word survives restarts. */
  rate: z.number().positive().optional(),
  /** Token ids to begin with. */
  tokens: z
    .array(z.string().regex(/^[A-Za-z0-9_-]+$/))
    .min(1)
    .optional(),
});

export const CONTAINER = 'odin-publisher';
const READY_S = 60;

/** The publisher of market events, beside the broker. */
export const publisher = role('publisher', schema, {
  resources({ inventory, vars, image: reference }) {
    const name = reference('publisher');
    return [
      image({ reference: name }),
      stack({
        project: PROJECT,
        stack: 'publisher',
        services: {
          publisher: {
            container_name: CONTAINER,
            image: name,
            restart: 'unless-stopped',
            init: true,
            stop_grace_period: '15s',
            mem_limit: vars.memory,
            environment: {
              PORT: String(vars.port),
              KAFKA_BROKERS: brokersBeside(inventory).join(','),
              STATE_DIR: '/var/lib/odin',
              RELEASE: name.slice(name.lastIndexOf(':') + 1),
              ...(vars.rate === undefined ? {} : { PUBLISHER_RATE: String(vars.rate) }),
              ...(vars.tokens ? { PUBLISHER_TOKENS: vars.tokens.join(',') } : {}),
            },
            volumes: ['publisher-state:/var/lib/odin'],
            ports: [`127.0.0.1:${vars.port}:${vars.port}`],
            read_only: true,
            tmpfs: ['/tmp'],
            cap_drop: ['ALL'],
            security_opt: ['no-new-privileges:true'],
          },
        },
        volumes: { 'publisher-state': { name: 'odin-publisher-state' } },
        ready: `curl -fsS -m 2 http://127.0.0.1:${vars.port}/health`,
        readySeconds: READY_S,
      }),
    ];
  },
  checks: ({ vars }) => [
    containerOurs(CONTAINER, PROJECT),
    portFree({ port: vars.port, address: '127.0.0.1', owner: CONTAINER }),
    {
      where: 'host',
      id: 'publisher.healthy',
      title: 'the publisher is healthy',
      severity: 'critical',
      phases: ['verify'],
      probe: `curl -sS -m 3 http://127.0.0.1:${vars.port}/status 2>&1`,
      judge({ status, output }) {
        const bad = {
          ok: false,
          message: 'the publisher does not answer',
          lastLines: output,
          next: 'make logs SERVICE=odin-publisher',
        } as const;
        if (status !== 0) return bad;
        const { isRunning, publisherHealthy, currentRate, targetRate } = JSON.parse(output) as {
          isRunning: boolean;
          publisherHealthy: boolean;
          currentRate: number;
          targetRate: number;
        };
        if (isRunning && !publisherHealthy)
          return { ...bad, message: 'the publisher runs, but the broker does not take its events' };
        return { ok: true, note: isRunning ? `${currentRate} of ${targetRate} events/s` : 'stopped' };
      },
    },
  ],
});
