/** The lock of a host as it lies there, and what time does to it. */

import { inspect, type Lease, readLease } from '#engine/lock/shell.ts';
import { type Box, byHand } from './box.ts';

const LOCK = '/run/odin/lock';

/** `who`, the command and the number of the process that has the host. Undefined where nobody has it. */
export async function holderOf(box: Box): Promise<string | undefined> {
  const text = await byHand(box, `cat ${LOCK} 2>/dev/null || :`);
  const [, , who, what, , run = ''] = text.split('\n');
  return who && `${who} ${what} ${/ (\d+):\d+$/.exec(run)?.[1]}`;
}

/** Lets the lease run out, as if as many seconds had passed. */
export const expire = (box: Box): Promise<string> => byHand(box, `sed -i 2s/.*/0/ ${LOCK}`);

/** Makes the lease one of another machine: whether its process is there cannot be told from here. */
export const fromElsewhere = (box: Box): Promise<string> =>
  byHand(box, `sed -i '6s/ [^ ]* / another-machine /' ${LOCK}`);

/** The lease as the engine reads it. */
export async function leaseOf(box: Box): Promise<Lease> {
  const lease = readLease(await byHand(box, inspect));
  if (!lease) throw new Error(`${box} is not locked`);
  return lease;
}
