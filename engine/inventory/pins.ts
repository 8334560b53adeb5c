import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inventoryFolder } from './folder.ts';

/** Where the pinned host keys of an environment lie: committed beside its inventory, so that every clone has them. */
export function pinsPath(env: string): string {
  return join(inventoryFolder(), `${env}.known_hosts`);
}

/** The pinned host keys of an environment: lines of a known_hosts file, without comments. */
export function readPins(env: string): string[] {
  const path = pinsPath(env);
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() && !line.startsWith('#'));
}
