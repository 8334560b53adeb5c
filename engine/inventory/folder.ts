import { resolve } from 'node:path';

/** Where inventories lie: `inventory/` of the checkout, or the folder that ODIN_INVENTORY names. */
export function inventoryFolder(): string {
  return resolve(process.env.ODIN_INVENTORY ?? new URL('../../inventory/', import.meta.url).pathname);
}
