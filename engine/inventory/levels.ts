import type { HostEntry, InventoryFile } from './schema.ts';

/** One section of the file that may speak of a host's variables. */
export interface Level {
  /** Where its `vars` lie: `['groups', 'ws', 'vars']`. */
  path: readonly string[];
  /** By role, then by key. */
  vars: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * The sections that speak of a host, weakest first: all < its groups < itself. Below them are the defaults of the roles,
 * above them `--extra`. Groups are of one strength: where two disagree, the file is refused (see ties.ts).
 */
export function levelsOf(name: string, host: HostEntry, file: Pick<InventoryFile, 'vars' | 'groups'>): Level[] {
  return [
    { path: ['vars'], vars: file.vars },
    ...host.groups.map((group) => ({ path: ['groups', group, 'vars'], vars: file.groups[group]?.vars ?? {} })),
    { path: ['hosts', name, 'vars'], vars: host.vars ?? {} },
  ];
}
