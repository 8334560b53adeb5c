import { KitError } from '../errors.ts';
import type { Host, Inventory } from './inventory.ts';
import { unknownWord } from './problems.ts';
import { GROUPS, type Group } from './schema.ts';

/** Hosts that a pattern of a play or of --limit names: `all`, a group, `backend[0]`, a host; comma-separated. */
export function selectHosts(inventory: Pick<Inventory, 'hosts'>, pattern: string): Host[] {
  const chosen = new Set<Host>();
  for (const part of pattern
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean)) {
    for (const host of selectOne(inventory.hosts, part)) chosen.add(host);
  }
  return inventory.hosts.filter((host) => chosen.has(host));
}

/** Hosts that --limit names. One that names nobody is a mistake: a play may be for an empty group, a person is not. */
export function limitHosts(inventory: Pick<Inventory, 'hosts'>, limit: string): Host[] {
  const chosen = selectHosts(inventory, limit);
  if (chosen.length > 0) return chosen;
  throw new KitError('unknown-host', `--limit ${limit} selects no host`, { next: 'make status' });
}

function selectOne(hosts: readonly Host[], word: string): readonly Host[] {
  if (word === 'all') return hosts;
  const indexed = /^([a-z]+)\[(\d+)\]$/.exec(word);
  const group = (indexed?.[1] ?? word) as Group;
  if (GROUPS.includes(group)) {
    const members = hosts.filter((host) => host.groups.includes(group));
    return indexed ? members.slice(Number(indexed[2]), Number(indexed[2]) + 1) : members;
  }
  const host = hosts.find(({ name }) => name === word);
  if (host) return [host];
  throw new KitError(
    'unknown-host',
    unknownWord('host or group', word, [...hosts.map(({ name }) => name), ...GROUPS, 'all']),
    {
      next: 'make status',
    },
  );
}
