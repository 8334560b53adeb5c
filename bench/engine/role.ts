import { z } from 'zod';
import type { Resource } from '#engine/resource.ts';
import { packages } from '#engine/resources/apt.ts';
import { directory } from '#engine/resources/directory.ts';
import { file } from '#engine/resources/file.ts';
import { line } from '#engine/resources/line.ts';
import { values } from '#engine/resources/sysctl.ts';
import { service } from '#engine/resources/systemd.ts';
import { play, playbook, role } from '#engine/role.ts';
import { BLOCKS, type Item, workload } from './workload.ts';

const schema = z.strictObject({
  blocks: z.int().min(1).max(BLOCKS).default(1),
  services: z.boolean().default(true),
});

/** One resource in the kit's words. */
export function resourceOf(item: Item): Resource {
  switch (item.kind) {
    case 'packages':
      return packages({ names: item.names });
    case 'directory':
      return directory({ path: item.path });
    case 'file':
      return file({ path: item.path, content: item.content });
    case 'line':
      return line({ path: item.path, line: item.line, match: item.match });
    case 'service':
      return service({ unit: item.unit });
    case 'sysctl':
      return values({ values: { [item.key]: item.value } });
  }
}

export const benchRole = role('bench', schema, {
  resources: ({ vars }) => workload(vars.blocks, vars.services).map(resourceOf),
});

export const benchPlaybook = playbook('bench', [play('the workload is there', { hosts: 'all', roles: [benchRole] })]);
