import type { Flag, Flags } from '#engine/cli/command.ts';
import { KitError } from '#engine/errors.ts';
import { parseExtras } from '#engine/inventory/extra.ts';
import { inventoryFolder } from '#engine/inventory/folder.ts';
import type { Inventory } from '#engine/inventory/inventory.ts';
import { loadInventoryFile } from '#engine/inventory/load.ts';
import { resolveInventory } from '#engine/inventory/resolve.ts';
import type { Provider } from '#engine/provider.ts';
import { schemasOf } from '#engine/run.ts';
import { readSecretFile } from '#engine/secrets/secret-file.ts';
import { askNothingAhead } from '#engine/transport/ahead.ts';
import { roles } from './deploy.ts';

/** The providers that scripts hand in, by name. */
export type Providers = Readonly<Record<Provider['name'], Provider>>;

/** The flag that overrides variables for one command. */
export const extraFlag = {
  value: 'ROLE.NAME=VALUE',
  many: true,
  help: 'for this once; wins over the inventory, on every host. The value is YAML. May be repeated',
} as const satisfies Flag;

/** The words of every --extra. */
export function extrasOf({ extra }: Flags): readonly string[] {
  return Array.isArray(extra) ? extra : [];
}

/**
 * Reads and checks an environment's file, and asks its provider how to reach the hosts. `extra` are words of --extra.
 */
export async function openEnvironment(
  env: string,
  providers: Providers,
  extra: readonly string[] = [],
): Promise<{ inventory: Inventory; provider: Provider }> {
  const schemas = schemasOf(roles);
  const file = loadInventoryFile(inventoryFolder(), env, schemas);
  const extras = parseExtras(extra, schemas);
  const provider = providers[file.provider];
  const reach = await provider.reach({ env, file });
  const inventory = resolveInventory(env, file, reach, schemas, readSecretFile(env), extras);
  return { inventory, provider };
}

/** Makes the hosts exist, then opens the environment. */
export async function provisionEnvironment(
  env: string,
  providers: Providers,
  report: Parameters<Provider['apply']>[2],
): Promise<{ inventory: Inventory; provider: Provider; changed: boolean }> {
  askNothingAhead();
  const file = loadInventoryFile(inventoryFolder(), env, schemasOf(roles));
  const provider = providers[file.provider];
  const changes = await provider.plan({ env, file });
  if (changes.length > 0) {
    const shown = changes.map(({ action, what, detail }) => ({ action, what, detail }));
    report.emit({ type: 'hosts-planned', env, changes: shown });
    await provider.apply({ env, file }, changes, report);
  }
  return { ...(await openEnvironment(env, providers)), changed: changes.length > 0 };
}

/** The name of the environment from --env; there is no default in scripts that change something. */
export function envOf(flags: { env?: unknown }): string {
  if (typeof flags.env === 'string' && flags.env) return flags.env;
  throw new KitError('usage', 'which environment? give --env NAME', { next: 'ls inventory/' });
}
