/** What a role wants on a host, with images named as in an environment of its own. */

import type { Check, HostCheck, Verdict } from '#engine/check.ts';
import type { Host, Inventory } from '#engine/inventory/inventory.ts';
import { selectHosts } from '#engine/inventory/select.ts';
import type { Resource } from '#engine/resource.ts';
import type { ServiceSpec, StackArgs } from '#engine/resources/compose.ts';
import type { FileArgs } from '#engine/resources/file.ts';
import type { Playbook, Role, RoleContext } from '#engine/role.ts';
import { hostOf } from './inventory.ts';
import { FACTS } from './kind.ts';

function contextOf(role: Role, inventory: Inventory, name: string): RoleContext<unknown> {
  const host = hostOf(inventory, name);
  return {
    host,
    inventory,
    vars: host.vars[role.name],
    image: (image) => `10.77.0.11:5000/odin/${image}:4f1c0a9be210`,
  };
}

/** The hosts on which a playbook plays a role. */
export function hostsOfRole(book: Playbook, role: Role, inventory: Inventory): Host[] {
  const patterns = book.plays.filter(({ roles }) => roles.includes(role)).map(({ hosts }) => hosts);
  return selectHosts(inventory, patterns.join(','));
}

export function resourcesOf(role: Role, inventory: Inventory, host: string): Resource[] {
  return role.resources(contextOf(role, inventory, host));
}

export function checksOf(role: Role, inventory: Inventory, host: string): Check[] {
  return role.checks(contextOf(role, inventory, host));
}

/** The text of a file that a role writes. */
export function fileText(role: Role, inventory: Inventory, host: string, path: string): string {
  const found = resourcesOf(role, inventory, host).find(({ id }) => id === `file ${path}`);
  if (!found) throw new Error(`${role.name} writes no ${path}`);
  const { content } = found.args as FileArgs;
  if (typeof content !== 'string') throw new Error(`${path} is no text`);
  return content;
}

/** The services that a role runs on a host, by container name. */
export function servicesOf(role: Role, inventory: Inventory, host: string): Record<string, ServiceSpec> {
  const stacks = resourcesOf(role, inventory, host).filter(({ kind }) => kind.name === 'compose.stack');
  const specs = stacks.flatMap(({ args }) => Object.values((args as StackArgs).services));
  return Object.fromEntries(specs.map((spec) => [spec.container_name, spec]));
}

/** What a role's host check says of an output. */
export function judge(check: Check | undefined, output: string, status = 0, facts = FACTS): Verdict {
  if (check?.where !== 'host') throw new Error(`no host check ${check?.id ?? ''}`);
  return check.judge({ id: check.id, status, output }, facts);
}

export const hostCheck = (checks: readonly Check[], id: string): HostCheck => {
  const found = checks.find((check) => check.id === id);
  if (found?.where !== 'host') throw new Error(`no host check ${id}`);
  return found;
};

/** `ok`, `ok: 3 up`, `error-name: sentence`, or the sentence alone. */
export function said(verdict: Verdict): string {
  if (verdict.ok) return verdict.note ? `ok: ${verdict.note}` : 'ok';
  return verdict.code ? `${verdict.code}: ${verdict.message}` : verdict.message;
}
