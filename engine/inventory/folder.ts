import { join, resolve } from 'node:path';

/** Where inventories lie: `inventory/` of the checkout, or the folder that ODIN_INVENTORY names. */
export function inventoryFolder(): string {
  return resolve(process.env.ODIN_INVENTORY ?? new URL('../../inventory/', import.meta.url).pathname);
}

/** What an operator writes about an environment, whether or not it is there: hosts and variables, secrets, pinned keys. */
export function inventoryFiles(env: string): string[] {
  return ['yml', 'env', 'known_hosts'].map((ending) => join(inventoryFolder(), `${env}.${ending}`));
}
