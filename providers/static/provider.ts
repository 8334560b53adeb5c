import { readPins } from '#engine/inventory/pins.ts';
import type { Provider } from '#engine/provider.ts';

/** Hosts that exist: the file gives their addresses, and `inventory/<env>.known_hosts` their keys. */
export const staticProvider: Provider = {
  name: 'static',
  plan: async () => [],
  apply: async () => {},
  reach: async ({ env }) => ({ addresses: {}, hostKeys: readPins(env) }),
};
