import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { ControllerCheck, Verdict } from '#engine/check.ts';
import { inGroup } from '#engine/inventory/inventory.ts';
import type { Controller } from '#engine/resource.ts';
import { role } from '#engine/role.ts';
import { kafkaThroughSsh } from '../topics/access.ts';
import { shortcomings } from './judge.ts';
import type { Listener, Way } from './listener.ts';
import { expected, markers } from './markers.ts';

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
  const isPartitioned = (vars: Readonly<Record<string, unknown>>): boolean =>
    (vars['ws-server'] as { delivery: string }).delivery === 'partitioned';
  const hosts = inGroup(inventory, 'ws');
  const instances = hosts.map(
    async ({ name, vars }): Promise<Way> => ({
      name,
      extent: isPartitioned(vars) ? 'share' : 'all',
      url: `ws://127.0.0.1:${await tunnel(name, '127.0.0.1', portOf(vars, 'ws-server'))}`,
    }),
  );
  const throughBalancer = hosts.some(({ vars }) => isPartitioned(vars)) ? 'any' : 'all';
  const balancers = inGroup(inventory, 'lb').map(
    async ({ name, internal, vars }): Promise<Way> => ({
      name: `${name} (load balancer)`,
      extent: throughBalancer,
      url: `ws://127.0.0.1:${await tunnel(name, internal, portOf(vars, 'load-balancer'))}`,
    }),
  );
  return Promise.all([...instances, ...balancers]);
}

/** Waits until everything came through. Returns what did not. */
async function arrival(listeners: readonly Listener[]): Promise<string[]> {
  const arrived = listeners.map(({ way: { name, extent }, received }) => ({ name, extent, received }));
  const deadline = Date.now() + ARRIVE_MS;
  let short = shortcomings(arrived);
  while (short.length > 0 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    short = shortcomings(arrived);
  }
  return short;
}

async function run(controller: Controller): Promise<Verdict> {
  const { env } = controller.inventory;
  const next = `make verify ENV=${env}`;
  const id = randomUUID();
  // Not with the role: only a run that comes to the gate waits for clients of Kafka and of the feed to load.
  const [{ createProducer }, { listen }] = await Promise.all([import('@odin/kafka'), import('./listener.ts')]);
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
    const short = await arrival(listeners);
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
