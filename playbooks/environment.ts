import { KitError } from '#engine/errors.ts';
import { inventoryFolder } from '#engine/inventory/folder.ts';
import type { Inventory } from '#engine/inventory/inventory.ts';
import { loadInventoryFile } from '#engine/inventory/load.ts';
import { resolveInventory } from '#engine/inventory/resolve.ts';
import type { Provider } from '#engine/provider.ts';
import { schemasOf } from '#engine/run.ts';
import { readSecretFile } from '#engine/secrets/secret-file.ts';
import { roles } from './deploy.ts';

/** The providers that scripts hand in, by name. */
export type Providers = Readonly<Record<Provider['name'], Provider>>;

/** Reads and checks an environment's file, and asks its provider how to reach the hosts. */
export async function openEnvironment(
  env: string,
  providers: Providers,
): Promise<{ inventory: Inventory; provider: Provider }> {
  const schemas = schemasOf(roles);
  const file = loadInventoryFile(inventoryFolder(), env, schemas);
  const provider = providers[file.provider];
  const inventory = resolveInventory(env, file, await provider.reach({ env, file }), schemas, readSecretFile(env));
  return { inventory, provider };
}

/** Makes the hosts exist, then opens the environment. */
export async function provisionEnvironment(
  env: string,
  providers: Providers,
  report: Parameters<Provider['apply']>[2],
): Promise<{ inventory: Inventory; provider: Provider; changed: boolean }> {
  const file = loadInventoryFile(inventoryFolder(), env, schemasOf(roles));
  const provider = providers[file.provider];
  const changes = await provider.plan({ env, file });
  if (changes.length > 0) report.heading(`hosts of ${env}`);
  for (const { action, what, detail } of changes) report.lines(`  ${action} ${what}${detail ? `  (${detail})` : ''}`);
  if (changes.length > 0) await provider.apply({ env, file }, changes, report);
  return { ...(await openEnvironment(env, providers)), changed: changes.length > 0 };
}

/** The name of the environment from --env; there is no default in scripts that change something. */
export function envOf(flags: { env?: unknown }): string {
  if (typeof flags.env === 'string' && flags.env) return flags.env;
  throw new KitError('usage', 'which environment? give --env NAME', { next: 'ls inventory/' });
}
