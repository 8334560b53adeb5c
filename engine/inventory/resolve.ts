import type { Reach } from '../provider.ts';
import { SecretFile } from '../secrets/secret-file.ts';
import type { Host, Inventory } from './inventory.ts';
import type { RoleSchemas } from './load.ts';
import { bytesOf, type HostEntry, type InventoryFile } from './schema.ts';

/**
 * Variables of one role for one host: role defaults < all < groups < host. Groups are merged in the order in which the
 * host lists them.
 */
function mergedVars(role: string, host: HostEntry, file: InventoryFile): Record<string, unknown> {
  const levels = [file.vars[role], ...host.groups.map((group) => file.groups[group]?.vars[role]), host.vars?.[role]];
  return Object.assign({}, ...levels.filter((level) => level !== undefined));
}

/** Joins the checked file with what the provider knows, into an inventory whose every host has an address. */
export function resolveInventory(
  env: string,
  file: InventoryFile,
  reach: Reach,
  roles: RoleSchemas,
  secrets: SecretFile = new SecretFile(),
): Inventory {
  const hosts = Object.entries(file.hosts).map(([name, entry]): Host => {
    const known = reach.addresses[name];
    const address = entry.address ?? known?.address ?? name;
    return Object.freeze({
      name,
      groups: entry.groups,
      address,
      port: entry.port ?? known?.port ?? 22,
      internal: entry.internal ?? known?.internal ?? address,
      ...(entry.memory ? { memory: bytesOf(entry.memory) } : {}),
      vars: Object.freeze(
        Object.fromEntries(
          Object.entries(roles).map(([role, schema]) => [role, schema.parse(mergedVars(role, entry, file))]),
        ),
      ),
    });
  });
  const identityFile = file.ssh.identity_file ?? reach.identityFile;
  return Object.freeze({
    env,
    secrets,
    file,
    hosts,
    access: {
      user: file.ssh.user,
      bootstrapUser: file.ssh.bootstrap_user,
      hostKeys: reach.hostKeys,
      ...(identityFile ? { identityFile } : {}),
    },
  });
}
