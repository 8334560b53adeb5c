import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { ControllerCheck, Verdict } from '#engine/check.ts';
import { inGroup } from '#engine/inventory/inventory.ts';
import type { Controller } from '#engine/resource.ts';
import { role } from '#engine/role.ts';
import { kafkaThroughSsh } from '../topics/access.ts';
import { type Listener, listen, type Way } from './listener.ts';
import { expected, markers, missingTopics } from './markers.ts';

/** A ws instance that was just started takes clients within this; HAProxy needs two good answers, two seconds apart. */
const OPEN_MS = 30_000;
/** From produced to received. */
const ARRIVE_MS = 10_000;
const LOOK_MS = 20;

/** Every way into the feed: each ws instance by itself, and the load balancer. */
async function ways(controller: Controller): Promise<Way[]> {
  const { inventory, tunnel } = controller;
  const portOf = (vars: Readonly<Record<string, unknown>>, name: string): number =>
    (vars[name] as { port: number }).port;
  const instances = inGroup(inventory, 'ws').map(async ({ name, vars }) => ({
    name,
    url: `ws://127.0.0.1:${await tunnel(name, '127.0.0.1', portOf(vars, 'ws-server'))}`,
  }));
  const balancers = inGroup(inventory, 'lb').map(async ({ name, internal, vars }) => ({
    name: `${name} (load balancer)`,
    url: `ws://127.0.0.1:${await tunnel(name, internal, portOf(vars, 'load-balancer'))}`,
  }));
  return Promise.all([...instances, ...balancers]);
}

async function arrival(listeners: readonly Listener[]): Promise<void> {
  const all = expected().length;
  const deadline = Date.now() + ARRIVE_MS;
  while (Date.now() < deadline && listeners.some(({ received }) => received.size < all)) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function run(controller: Controller): Promise<Verdict> {
  const { env } = controller.inventory;
  const next = `make verify ENV=${env}`;
  const id = randomUUID();
  // Not with the role: only a run that comes to the gate waits for a client of Kafka to load.
  const { createProducer } = await import('@odin/kafka');
  const all = await ways(controller);
  const deadline = Date.now() + OPEN_MS;
  const opened = await Promise.all(all.map((way) => listen(way, id, deadline)));
  const listeners = opened.filter((listener) => listener !== undefined);
  const producer = createProducer(await kafkaThroughSsh(controller));
  try {
    const closed = all.filter((_, i) => !opened[i]);
    if (closed.length > 0)
      return { ok: false, message: `no WebSocket opens on ${closed.map(({ name }) => name).join(', ')}`, next };
    const began = Date.now();
    await producer.send(markers(id, began));
    await arrival(listeners);
    const short = listeners.flatMap(({ way, received }) =>
      missingTopics(received).map((topic) => `${way.name} did not deliver ${topic}`),
    );
    if (short.length > 0)
      return { ok: false, message: 'markers did not come through', lastLines: short.join('\n'), next };
    return {
      ok: true,
      note: `${expected().length} markers through ${all.map(({ name }) => name).join(', ')} in ${Date.now() - began} ms`,
    };
  } finally {
    for (const listener of listeners) listener.close();
    await producer.close();
  }
}

const everyTopicArrives: ControllerCheck = {
  where: 'controller',
  id: 'gate.markers',
  title: 'every topic arrives through every instance',
  severity: 'critical',
  phases: ['gate', 'verify'],
  run: (_host, controller) => run(controller),
};

/** Proves the feed from end to end after a deploy: what is produced on each topic reaches a client of each instance. */
export const gate = role('gate', z.strictObject({}), { resources: () => [], checks: () => [everyTopicArrives] });
