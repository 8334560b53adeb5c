import { DEBOOTSTRAP, type Prerequisites, SS, SSH } from '#engine/local/prerequisites.ts';
import type { ProviderChange } from '#engine/provider.ts';

/** One host with its engine and services, of a sandbox that takes about 3 GiB with four. */
const MEMORY_PER_HOST = 1024 ** 3;

/** The host image, engines, images and packages of one host, of a sandbox that takes about 5 GB with four. */
const DISK_PER_HOST = 2e9;

/** What a machine needs so that the hosts of `changes` can boot: those that run already have their share. Pure. */
export function prerequisitesFor(changes: readonly ProviderChange[]): Prerequisites {
  const hosts = changes.filter(({ what, kept }) => what.startsWith('host ') && !kept).length;
  return { tools: TOOLS, root: true, memory: hosts * MEMORY_PER_HOST, disk: hosts * DISK_PER_HOST };
}

const TOOLS = [DEBOOTSTRAP, SSH, SS];

/** For what only looks, or removes. */
export const PREREQUISITES: Prerequisites = { tools: TOOLS, root: true, memory: 0, disk: 0 };
