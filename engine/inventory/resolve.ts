import type { Reach } from '../provider.ts';
import { SecretFile } from '../secrets/secret-file.ts';
import type { Extra } from './extra.ts';
import type { Host, Inventory } from './inventory.ts';
import { type Level, levelsOf } from './levels.ts';
import type { RoleSchemas } from './load.ts';
import { bytesOf, type InventoryFile } from './schema.ts';

/** Variables of one role for one host: role defaults < all < groups < host < `--extra`. */
function mergedVars(role: string, levels: readonly Level[], extras: readonly Extra[]): Record<string, unknown> {
  const given = extras.filter((extra) => extra.role === role).map(({ key, value }) => [key, value]);
  return Object.assign({}, ...levels.map(({ vars }) => vars[role] ?? {}), Object.fromEntries(given));
}

/** Joins the checked file with what the provider knows, into an inventory whose every host has an address. */
export function resolveInventory(
  env: string,
  file: InventoryFile,
  reach: Reach,
  roles: RoleSchemas,
  secrets: SecretFile = new SecretFile(),
  extras: readonly Extra[] = [],
): Inventory {
  const hosts = Object.entries(file.hosts).map(([name, entry]): Host => {
    const known = reach.addresses[name];
    const levels = levelsOf(name, entry, file);
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
          Object.entries(roles).map(([role, schema]) => [role, schema.parse(mergedVars(role, levels, extras))]),
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
