import { KitError } from '#engine/errors.ts';
import { inGroup } from '#engine/inventory/inventory.ts';
import type { Session } from '#engine/session.ts';
import { quote } from '#engine/shell.ts';
import { STORE } from './store.ts';

const READ_S = 10;

/** The value of a secret: what this machine's file says, else what the first backend host keeps. Throws `secret-missing`. */
export async function secretOf(name: string, session: Session): Promise<string> {
  const { env, secrets } = session.inventory;
  const local = secrets.value(name);
  if (local !== undefined) return local;
  const [home] = inGroup(session.inventory, 'backend');
  if (!home) throw new KitError('internal', 'no backend host keeps secrets');
  const piece = { id: 'secret', script: `sed -n ${quote(`s/^${name}=//p`)} ${STORE}`, timeoutSeconds: READ_S };
  const { answers } = await session.connection(home).execute([piece], { deadlineSeconds: READ_S, secret: true });
  const value = answers.get('secret')?.output.trim();
  if (value) return value;
  throw new KitError('secret-missing', `${name}: neither in inventory/${env}.env nor on the host`, {
    host: home.name,
    next: `make deploy ENV=${env} TAGS=secrets`,
  });
}
