/** Inventories from a text, with made-up addresses in place of a provider's. */

import { readFileSync } from 'node:fs';
import type { Host, Inventory } from '#engine/inventory/inventory.ts';
import { parseInventory, type RoleSchemas } from '#engine/inventory/load.ts';
import { resolveInventory } from '#engine/inventory/resolve.ts';
import { schemasOf } from '#engine/run.ts';
import { roles } from '#playbooks/deploy.ts';

export const ROLE_SCHEMAS: RoleSchemas = schemasOf(roles);

/** Hosts get 10.77.0.11, .12, … in file order, for SSH and for each other. */
export function inventoryOf(text: string, env = 'test', schemas: RoleSchemas = ROLE_SCHEMAS): Inventory {
  const file = parseInventory(text, `inventory/${env}.yml`, schemas);
  const addresses = Object.fromEntries(
    Object.keys(file.hosts).map((name, i) => {
      const address = `10.77.0.${11 + i}`;
      return [name, { address, port: 22, internal: address }];
    }),
  );
  return resolveInventory(env, file, { addresses, hostKeys: [] }, schemas);
}

/** backend-1 is 10.77.0.11, ws-1 .12, ws-2 .13, lb-1 .14. */
export function sandboxInventory(): Inventory {
  return inventoryOf(readFileSync(new URL('../../inventory/sandbox.yml', import.meta.url), 'utf8'), 'sandbox');
}

/** Three brokers, two ws hosts, no balancer of our own. */
export function clusterInventory(): Inventory {
  return inventoryOf(`
provider: sandbox
hosts:
  backend-1: { groups: [backend] }
  backend-2: { groups: [backend] }
  backend-3: { groups: [backend] }
  ws-1: { groups: [ws] }
  ws-2: { groups: [ws] }
network:
  management: [198.51.100.0/24]
`);
}

export function hostOf(inventory: Inventory, name: string): Host {
  const host = inventory.hosts.find((each) => each.name === name);
  if (!host) throw new Error(`no host ${name}`);
  return host;
}
