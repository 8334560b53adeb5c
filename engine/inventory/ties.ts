import { isDeepStrictEqual } from 'node:util';
import type { Group, HostEntry, InventoryFile } from './schema.ts';

/** Two groups of one host that say different things about the same variable, while the host itself says nothing. */
export interface Tie {
  host: string;
  /** The group that the host lists first, and the one that disagrees with it. */
  groups: readonly [Group, Group];
  role: string;
  key: string;
}

/** Every tie of a file, once per pair of groups: the hosts after the first would only repeat it. */
export function tiesOf(file: Pick<InventoryFile, 'hosts' | 'groups'>): Tie[] {
  const ties = new Map<string, Tie>();
  for (const [name, host] of Object.entries(file.hosts)) {
    for (const tie of hostTies(name, host, file)) {
      const id = [...[...tie.groups].sort(), tie.role, tie.key].join(' ');
      if (!ties.has(id)) ties.set(id, tie);
    }
  }
  return [...ties.values()];
}

function hostTies(name: string, host: HostEntry, { groups }: Pick<InventoryFile, 'groups'>): Tie[] {
  const said = new Map<string, { group: Group; value: unknown }>();
  const ties: Tie[] = [];
  for (const group of new Set(host.groups)) {
    for (const [role, values] of Object.entries(groups[group]?.vars ?? {})) {
      for (const [key, value] of Object.entries(values)) {
        if (host.vars?.[role] && key in host.vars[role]) continue;
        const first = said.get(`${role}.${key}`);
        if (!first) said.set(`${role}.${key}`, { group, value });
        else if (!isDeepStrictEqual(first.value, value))
          ties.push({ host: name, groups: [first.group, group], role, key });
      }
    }
  }
  return ties;
}
