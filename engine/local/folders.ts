import { homedir } from 'node:os';
import { join } from 'node:path';

const KIT = 'odin-deploy';

/**
 * What may be thrown away and made again: image archives, package pools. Outside the checkout, so that a second clone
 * starts warm. The XDG base directory specification says where.
 */
export function cacheFolder(...parts: string[]): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), KIT, ...parts);
}

/** What must outlive a checkout but belongs to this machine: the keys of its sandboxes, the log of a Docker started by hand. */
export function stateFolder(...parts: string[]): string {
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), KIT, ...parts);
}
