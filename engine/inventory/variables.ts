import type { Extra } from './extra.ts';
import { levelsOf } from './levels.ts';
import type { RoleSchemas } from './load.ts';
import type { HostEntry, InventoryFile } from './schema.ts';

/** A value that one level gives, and where it is said. */
export interface Said {
  value: unknown;
  /** `inventory/prod.yml:41:7`, `default of the role broker`, `--extra broker.port=9093` */
  from: string;
}

/** One variable of one host: what is in force, and what it won over. */
export interface Variable extends Said {
  role: string;
  key: string;
  /** The values that did not make it, strongest first. */
  overridden: readonly Said[];
}

/** Every variable of every role for one host. `undefined` is the value of one that nobody gives and that has no default. */
export function variablesOf(
  name: string,
  host: HostEntry,
  file: InventoryFile,
  roles: RoleSchemas,
  extras: readonly Extra[],
  placeOf: (path: readonly string[]) => string,
): Variable[] {
  const levels = levelsOf(name, host, file);
  return Object.entries(roles).flatMap(([role, schema]) =>
    Object.entries(schema.shape).map(([key, shape]): Variable => {
      const fallback = shape.safeParse(undefined);
      const chain: Said[] = [
        ...(fallback.success ? [{ value: fallback.data, from: `default of the role ${role}` }] : []),
        ...levels.flatMap(({ path, vars }) =>
          vars[role] && key in vars[role] ? [{ value: vars[role][key], from: placeOf([...path, role, key]) }] : [],
        ),
        ...extras
          .filter((extra) => extra.role === role && extra.key === key)
          .map(({ value, word }) => ({ value, from: `--extra ${word}` })),
      ].reverse();
      const [winner = { value: undefined, from: '' }, ...overridden] = chain;
      // What a role is given is what its schema makes of the value: defaults inside it are filled in.
      const parsed = shape.safeParse(winner.value);
      return {
        role,
        key,
        from: winner.from,
        value: parsed.success ? parsed.data : winner.value,
        overridden: overridden.filter(({ value }) => value !== undefined),
      };
    }),
  );
}
