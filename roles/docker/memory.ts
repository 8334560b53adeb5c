import type { HostCheck } from '#engine/check.ts';
import { type Host, type Inventory, inGroup } from '#engine/inventory/inventory.ts';
import { bytesOf } from '#engine/inventory/schema.ts';

/** For the system, Docker and the registry. */
const RESERVE = bytesOf('320M');
const MEGABYTE = bytesOf('1M');
/** A machine of 2 GB shows a little less: the kernel keeps some. */
const KERNEL_SHARE = 0.93;

/** The memory limits of a host's containers, by role, in bytes. */
export function memoryLimits(host: Host, inventory: Inventory): { role: string; bytes: number }[] {
  const first = inGroup(inventory, 'backend')[0];
  const roles = [
    ...(host.groups.includes('backend') ? ['broker'] : []),
    ...(host === first ? ['publisher', 'metrics'] : []),
    ...(host.groups.includes('ws') ? ['ws-server'] : []),
  ];
  return roles.map((role) => ({ role, bytes: bytesOf((host.vars[role] as { memory: string }).memory) }));
}

/** The limits must fit the host together: a machine that swaps or kills serves nobody. */
export function memoryFits(host: Host, inventory: Inventory): HostCheck {
  const limits = memoryLimits(host, inventory);
  const sum = limits.reduce((total, { bytes }) => total + bytes, 0);
  const megabytes = (bytes: number): string => `${Math.round(bytes / MEGABYTE)} MB`;
  return {
    where: 'host',
    id: 'docker.memory',
    title: 'the memory limits fit the host',
    severity: 'critical',
    phases: ['preflight', 'verify'],
    probe: 'exit 0',
    judge(_answer, { memory }) {
      // A sandbox host sees this whole machine's memory; what the inventory promises is what prod will have.
      const available = Math.min(memory, host.memory ? host.memory * KERNEL_SHARE : memory);
      if (sum + RESERVE <= available) return { ok: true, note: `${megabytes(sum)} of ${megabytes(available)}` };
      return {
        ok: false,
        message: `the memory limits add up to ${megabytes(sum)}; with ${megabytes(RESERVE)} for the system that is more than the ${megabytes(available)} of the host`,
        lastLines: limits.map(({ role, bytes }) => `${role}: ${megabytes(bytes)}`).join('\n'),
        next: `lower vars.<role>.memory in inventory/${inventory.env}.yml, or take a larger machine`,
      };
    },
  };
}
