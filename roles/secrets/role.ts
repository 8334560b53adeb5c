import { z } from 'zod';
import type { HostCheck } from '#engine/check.ts';
import type { Inventory } from '#engine/inventory/inventory.ts';
import { role } from '#engine/role.ts';
import { REGISTRY_PASSWORD } from '../registry/login.ts';
import { listStore, readStore, type StoredSecret, store } from './store.ts';

/** What the kit makes up by itself, and what the inventory names. */
function storedSecrets({ file, secrets }: Inventory): StoredSecret[] {
  const generated = [REGISTRY_PASSWORD];
  return [
    ...generated.map((name) => ({ name, generated: true, localDigest: secrets.digest(name) })),
    ...file.secrets
      .filter((name) => !generated.includes(name))
      .map((name) => ({ name, generated: false, localDigest: secrets.digest(name) })),
  ];
}

/** Keeps the environment's secrets on the first backend host, readable by root alone: no laptop is the only one to know. */
export const secrets = role('secrets', z.strictObject({}), {
  resources: ({ inventory }) => [store({ secrets: storedSecrets(inventory) })],
  checks: ({ inventory }) => [allKnown(inventory)],
});

/** Fails before anything is changed when a secret is neither here nor on the host, and the kit cannot make it up. */
function allKnown(inventory: Inventory): HostCheck {
  return {
    where: 'host',
    id: 'secrets.known',
    title: 'every secret is known',
    severity: 'critical',
    phases: ['preflight'],
    probe: listStore,
    judge({ output }) {
      const { digests } = readStore(output);
      const missing = storedSecrets(inventory).filter(
        ({ name, generated, localDigest }) => !generated && localDigest === undefined && !digests.has(name),
      );
      if (missing.length === 0) return { ok: true };
      const names = missing.map(({ name }) => name).join(', ');
      return {
        ok: false,
        code: 'secret-missing',
        message: `${names}: neither in inventory/${inventory.env}.env nor on the host`,
        next: `umask 077; echo '${missing[0]?.name}=…' >>inventory/${inventory.env}.env`,
      };
    },
  };
}
