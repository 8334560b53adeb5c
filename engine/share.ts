import { KitError } from './errors.ts';
import type { Host, Inventory } from './inventory/inventory.ts';
import { unknownWord } from './inventory/problems.ts';
import { limitHosts, selectHosts } from './inventory/select.ts';
import type { OwnedCheck, Wanted } from './plan.ts';
import { type Playbook, rolesOf } from './role.ts';

/** One host's share of a playbook. */
export interface Share {
  host: Host;
  wanted: Wanted[];
  checks: OwnedCheck[];
}

/** What narrows a run, and how roles name images. */
export interface Selection {
  limit?: string;
  tags?: string;
  image(name: string): string;
}

/** Which resources and checks each host gets, after --limit and --tags. */
export function shareOut(book: Playbook, inventory: Inventory, { limit, tags, image }: Selection): Share[] {
  const limited = limit ? new Set(limitHosts(inventory, limit)) : undefined;
  const known = rolesOf(book).map(({ name }) => name);
  const chosen = tags?.split(',').map((tag) => tag.trim());
  for (const tag of chosen ?? []) {
    if (!known.includes(tag))
      throw new KitError('unknown-role', unknownWord('role', tag, known), { next: `--tags ${known.join(',')}` });
  }
  const shares = new Map<Host, Share>();
  for (const [index, { hosts, roles }] of book.plays.entries()) {
    for (const host of selectHosts(inventory, hosts)) {
      if (limited && !limited.has(host)) continue;
      const share = shares.get(host) ?? { host, wanted: [], checks: [] };
      shares.set(host, share);
      for (const role of roles) {
        if (chosen && !chosen.includes(role.name)) continue;
        const context = { host, inventory, vars: host.vars[role.name], image };
        share.wanted.push(...role.resources(context).map((resource) => ({ role: role.name, play: index, resource })));
        share.checks.push(...role.checks(context).map((check) => ({ role: role.name, check })));
      }
    }
  }
  return [...shares.values()];
}
