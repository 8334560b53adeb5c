import { MIN_DISK_BYTES, MIN_MEMORY_BYTES } from '#engine/local/machine.ts';
import { DEBOOTSTRAP, type Prerequisites, SS, SSH } from '#engine/local/prerequisites.ts';

/** What a machine needs before a sandbox's first host boots. */
export const PREREQUISITES: Prerequisites = {
  tools: [DEBOOTSTRAP, SSH, SS],
  root: true,
  memory: MIN_MEMORY_BYTES,
  disk: MIN_DISK_BYTES,
};
