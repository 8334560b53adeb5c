/** Where runs are held on a host, see kinds.ts. */

import { type Box, byHand } from './box.ts';
import { PLACES } from './kinds.ts';

/** Forgets all places; the given ones hold whoever comes there. */
export async function arm(box: Box, ...names: readonly string[]): Promise<void> {
  const armed = names.map((name) => `: >${PLACES}/armed-${name}`).join('\n');
  await byHand(box, `rm -rf ${PLACES}; mkdir -p ${PLACES}\n${armed}`);
}

/** Lets whoever is held go on, and nobody is held any more. */
export async function letGo(box: Box): Promise<void> {
  await byHand(box, `rm -f ${PLACES}/armed-*`);
}

/** Waits until somebody is held at a place. */
export async function reached(box: Box, name: string, seconds = 40): Promise<void> {
  await byHand(
    box,
    `n=0; until [ -e ${PLACES}/at-${name} ]; do n=$((n + 1)); [ "$n" -lt ${seconds * 20} ] || { echo "nobody came to ${name}; seen:"; ls ${PLACES}; ps axf; exit 1; }; sleep 0.05; done`,
  );
}
