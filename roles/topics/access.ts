import { connect } from 'node:net';
import type { KafkaAdmin, KafkaOptions } from '@odin/kafka';
import { KitError } from '#engine/errors.ts';
import { inGroup } from '#engine/inventory/inventory.ts';
import type { Controller } from '#engine/resource.ts';

/**
 * How the controller talks to the brokers: each advertised address through the SSH connection of its own host, so that
 * the broker's port need not be open to the operator.
 */
export async function kafkaThroughSsh(controller: Controller): Promise<KafkaOptions> {
  const { inventory } = controller;
  const sockets = new Map<string, string>();
  for (const { name, internal, vars } of inGroup(inventory, 'backend')) {
    const { port } = vars.broker as { port: number };
    sockets.set(`${internal}:${port}`, await controller.socket(name, internal, port));
  }
  return {
    brokers: [...sockets.keys()],
    clientId: 'odin-deploy',
    dial(host, port) {
      const path = sockets.get(`${host}:${port}`);
      if (path) return connect({ path });
      throw new KitError(
        'check-failed',
        `a broker says that it is at ${host}:${port}; the inventory knows ${[...sockets.keys()].join(', ')}`,
        {
          next: `make plan ENV=${inventory.env} TAGS=broker DIFF=1`,
        },
      );
    },
  };
}

/** Runs `work` against the brokers, and says in the kit's words when they do not answer. */
export async function withAdmin<Result>(
  controller: Controller,
  work: (admin: KafkaAdmin) => Promise<Result>,
): Promise<Result> {
  // Not with the role: a run that asks no broker does not wait for a client of Kafka to load.
  const { createAdmin, KafkaUnreachableError } = await import('@odin/kafka');
  let admin: KafkaAdmin | undefined;
  try {
    admin = await createAdmin(await kafkaThroughSsh(controller));
    return await work(admin);
  } catch (cause) {
    if (!(cause instanceof KafkaUnreachableError)) throw cause;
    const { env } = controller.inventory;
    throw new KitError('probe-failed', `the broker does not answer: ${cause.message}`, {
      role: 'topics',
      next: `make logs ENV=${env} LIMIT=backend SERVICE=odin-broker`,
    });
  } finally {
    await admin?.close();
  }
}
