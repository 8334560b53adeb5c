import type { z } from 'zod';
import type { Check } from './check.ts';
import type { Host, Inventory } from './inventory/inventory.ts';
import type { Resource } from './resource.ts';

/** What a role is given to say what one host should have. */
export interface RoleContext<Vars> {
  host: Host;
  inventory: Inventory;
  vars: Vars;
  /** The image reference of a release in this environment, as hosts pull it. */
  image(name: string): string;
}

/** One thing made true on a host. It says what; kinds know how; the engine decides whether and when. */
export interface Role<Vars = unknown> {
  name: string;
  /** The variables it takes, with their defaults. */
  schema: z.ZodObject;
  resources(context: RoleContext<Vars>): Resource[];
  checks(context: RoleContext<Vars>): Check[];
}

/** Declares a role. */
export function role<Schema extends z.ZodObject>(
  name: string,
  schema: Schema,
  parts: {
    resources(context: RoleContext<z.infer<Schema>>): Resource[];
    checks?(context: RoleContext<z.infer<Schema>>): Check[];
  },
): Role {
  const whole: Role<z.infer<Schema>> = { name, schema, resources: parts.resources, checks: parts.checks ?? (() => []) };
  return whole as Role;
}

/** Hosts and the roles they get, in order. `rolling` finishes one host before it begins the next. */
export interface Play {
  title: string;
  hosts: string;
  roles: readonly Role[];
  strategy?: 'parallel' | 'rolling';
}

export interface Playbook {
  name: string;
  plays: readonly Play[];
}

export function play(title: string, parts: Omit<Play, 'title'>): Play {
  return { title, ...parts };
}

export function playbook(name: string, plays: readonly Play[]): Playbook {
  return { name, plays };
}

/** Every role of a playbook once, in order of first appearance. */
export function rolesOf(book: Playbook): Role[] {
  return [...new Set(book.plays.flatMap((each) => each.roles))];
}
