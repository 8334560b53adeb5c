import { KitError } from '#engine/errors.ts';
import type { Inventory } from '#engine/inventory/inventory.ts';
import type { Delivery } from './delivery.ts';

/** Images that a registry holds already, each pinned by digest in the inventory: hosts pull exactly those. */
export function deliveryByRegistry({ env, file }: Inventory): Delivery {
  const { pinned, login } = file.images;
  return {
    reference(name) {
      const found = pinned[name];
      if (found) return found;
      throw new KitError(
        'inventory-invalid',
        `images.pinned has no "${name}": an image from a registry must be pinned by digest`,
        {
          next: `add it to images.pinned in inventory/${env}.yml`,
        },
      );
    },
    async deliver(reference, controller) {
      const digest = reference.slice(reference.indexOf('@') + 1);
      if (!login) return { digest };
      return { digest, login: { user: login.user, password: await controller.secret(login.secret) } };
    },
    begin: () => {},
  };
}
