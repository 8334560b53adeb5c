import { KitError } from '#engine/errors.ts';
import { readPins } from '#engine/inventory/pins.ts';
import type { Environment, Provider } from '#engine/provider.ts';

/** Hosts whose address the file does not give. */
function withoutAddress({ file }: Environment): string[] {
  return Object.entries(file.hosts).flatMap(([name, { address, internal }]) => (address && internal ? [] : [name]));
}

/**
 * Google Compute Engine. The machines are made outside the kit for now; their addresses stand in the inventory, and from
 * there everything else is the same as anywhere.
 */
export const gceProvider: Provider = {
  name: 'gce',
  plan: async () => [],
  apply: async () => {},
  async reach(environment) {
    const missing = withoutAddress(environment);
    if (missing.length > 0) {
      throw new KitError(
        'provider-unavailable',
        `the kit does not create GCE machines yet: give "address" and "internal" for ${missing.join(', ')}`,
        {
          next: `gcloud compute instances list   (then fill in inventory/${environment.env}.yml)`,
        },
      );
    }
    return { addresses: {}, hostKeys: readPins(environment.env) };
  },
};
