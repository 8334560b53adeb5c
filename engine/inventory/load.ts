import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LineCounter, type ParsedNode, parseDocument, visit } from 'yaml';
import { z } from 'zod';
import { KitError } from '../errors.ts';
import { located, type Problem, placeOf, problemsOf, unknownWord } from './problems.ts';
import { GROUPS, type Group, type InventoryFile, inventorySchema, type RoleVars, roleValues } from './schema.ts';
import { tiesOf } from './ties.ts';

/** The variables that each role takes, by role name. Handed in, because the engine knows no role. */
export type RoleSchemas = Readonly<Record<string, z.ZodObject>>;

/** A rule that looks at the whole file. Returns the path it complains about, and why. */
type FileRule = (file: InventoryFile) => { path: string[]; message: string }[];

const RULES: FileRule[] = [
  (file) => {
    const backends = Object.values(file.hosts).filter((host) => host.groups.includes('backend')).length;
    if (backends === 0)
      return [{ path: ['hosts'], message: 'no host is in group backend; one, or three and more, are needed' }];
    if (backends === 2)
      return [{ path: ['hosts'], message: 'two backend hosts cannot agree on a leader; take one, or three and more' }];
    return [];
  },
  (file) => {
    const balancers = Object.entries(file.hosts).filter(([, host]) => host.groups.includes('lb'));
    return balancers
      .slice(1)
      .map(([name]) => ({ path: ['hosts', name, 'groups'], message: 'only one host may be in group lb' }));
  },
  (file) =>
    Object.keys(file.hosts)
      .filter((name) => name === 'all' || GROUPS.includes(name as Group))
      .map((name) => ({
        path: ['hosts', name],
        message: `"${name}" means a group of hosts; give the host another name`,
      })),
  (file) =>
    file.provider === 'gce' && !file.gce
      ? [{ path: ['provider'], message: 'provider gce needs the section "gce"' }]
      : [],
  (file) =>
    file.provider === 'static'
      ? Object.entries(file.hosts)
          .filter(([, host]) => !host.address)
          .map(([name]) => ({ path: ['hosts', name], message: 'provider static needs an "address" for every host' }))
      : [],
  (file) =>
    file.images.from === 'auto' && file.provider !== 'sandbox'
      ? [{ path: ['images', 'from'], message: 'auto is for a sandbox only: say "registry" or "build"' }]
      : [],
  ({ images, secrets }) =>
    images.login && !secrets.includes(images.login.secret)
      ? [{ path: ['images', 'login', 'secret'], message: `${images.login.secret} is not among "secrets"` }]
      : [],
];

/** The valid keys at a path of the inventory, for "did you mean". */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at: z.core.$ZodType | undefined = schema;
  const unwrap = (type: z.core.$ZodType | undefined): z.core.$ZodType | undefined => {
    let inner = type;
    while (inner && 'innerType' in inner._zod.def) inner = (inner._zod.def as { innerType: z.core.$ZodType }).innerType;
    return inner;
  };
  for (const part of path) {
    at = unwrap(at);
    if (at instanceof z.ZodObject) at = at.shape[String(part)];
    else if (at instanceof z.ZodRecord) at = at.valueType;
    else return [];
  }
  at = unwrap(at);
  if (at instanceof z.ZodRecord && at.keyType instanceof z.ZodEnum) return at.keyType.options.map(String);
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function memberOf(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
}

/** The file without what the schema found wrong in it, so that the other rules can look at the rest. */
function withoutProblems(raw: unknown, issues: readonly z.core.$ZodIssue[]): InventoryFile | undefined {
  const pruned: unknown = structuredClone(raw);
  const remove = (path: readonly PropertyKey[]): void => {
    const parent = path.slice(0, -1).reduce<unknown>(memberOf, pruned);
    if (typeof parent === 'object' && parent !== null && path.length > 0)
      delete (parent as Record<PropertyKey, unknown>)[path.at(-1) as PropertyKey];
  };
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') for (const key of issue.keys) remove([...issue.path, key]);
    else remove(issue.path);
  }
  const result = inventorySchema.safeParse(pruned);
  return result.success ? result.data : undefined;
}

/** The variables of each role at each level, in a file that may be wrong everywhere else. What is no map is the schema's to tell. */
function varsSections(raw: unknown): { path: string[]; vars: RoleVars }[] {
  const below = (key: string): string[][] => Object.keys(Object(memberOf(raw, key))).map((name) => [key, name, 'vars']);
  const paths = [['vars'], ...below('groups'), ...below('hosts')];
  return paths.map((path) => {
    const roles = Object.entries(Object(path.reduce(memberOf, raw)));
    return {
      path,
      vars: Object.fromEntries(roles.filter(([, vars]) => roleValues.safeParse(vars).success)) as RoleVars,
    };
  });
}

/** Problems of every `vars` section: unknown roles, unknown keys, wrong values. */
function varsProblems(raw: unknown, root: ParsedNode | null, lines: LineCounter, roles: RoleSchemas): Problem[] {
  return varsSections(raw).flatMap(({ path, vars }) =>
    Object.entries(vars).flatMap(([role, values]): Problem[] => {
      const schema = roles[role];
      const at = [...path, role];
      if (!schema) {
        return [
          {
            ...placeOf(root, at, lines, true),
            path: at.join('.'),
            message: unknownWord('role', role, Object.keys(roles)),
          },
        ];
      }
      const result = schema.partial().strict().safeParse(values);
      if (result.success) return [];
      const issues = result.error.issues.map((issue) => ({ ...issue, path: [...at, ...issue.path] }));
      return problemsOf(issues, root, lines, (full) => keysAt(schema, full.slice(at.length)));
    }),
  );
}

/** Two groups that disagree about a variable of one host: no order decides, a person does. */
function tieProblems(file: InventoryFile, root: ParsedNode | null, lines: LineCounter, name: string): Problem[] {
  return tiesOf(file).map(({ host, groups: [first, second], role, key }) => {
    const pathIn = (group: Group): string[] => ['groups', group, 'vars', role, key];
    const other = located(name, placeOf(root, pathIn(first), lines, true));
    return {
      ...placeOf(root, pathIn(second), lines, true),
      path: pathIn(second).join('.'),
      message: `host ${host} is in ${first} and ${second}, and ${other} says otherwise; say it for the host, or in one of the two`,
    };
  });
}

/** Where things are said in the text of an inventory: a path to `inventory/prod.yml:41:7`. */
export function placesIn(text: string, name: string): (path: readonly string[]) => string {
  const lines = new LineCounter();
  const root = parseDocument(text, { lineCounter: lines, prettyErrors: false }).contents;
  return (path) => located(name, placeOf(root, path, lines, true));
}

/** Reads and checks the text of an inventory. Throws `inventory-invalid` with every problem at once. */
export function parseInventory(text: string, name: string, roles: RoleSchemas): InventoryFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems: Problem[] = document.errors.map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { line, column: col, path: '(yaml)', message: error.message };
  });
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document)) return;
      const { line, col } = lines.linePos(alias.range?.[0] ?? 0);
      problems.push({ line, column: col, path: '(yaml)', message: `nothing is called &${alias.source}` });
    },
  });
  let file: InventoryFile | undefined;
  if (problems.length === 0) {
    const raw: unknown = document.toJS();
    const result = inventorySchema.safeParse(raw);
    const root = document.contents;
    if (result.success) file = result.data;
    else problems.push(...problemsOf(result.error.issues, root, lines, (path) => keysAt(inventorySchema, path)));
    const readable = result.success ? result.data : withoutProblems(raw, result.error.issues);
    if (readable) {
      for (const { path, message } of RULES.flatMap((rule) => rule(readable))) {
        problems.push({ ...placeOf(root, path, lines, false), path: path.join('.'), message });
      }
      problems.push(...tieProblems(readable, root, lines, name));
    }
    problems.push(...varsProblems(raw, root, lines, roles));
  }
  if (problems.length > 0 || !file) {
    const listed = problems
      .sort((a, b) => a.line - b.line || a.column - b.column)
      .map((problem) => `  ${located(name, problem)} ${problem.path}: ${problem.message}`);
    throw new KitError(
      'inventory-invalid',
      `${problems.length} problem${problems.length === 1 ? '' : 's'} in ${name}\n${listed.join('\n')}`,
      {
        next: 'mend the file; inventory/example.yml shows every key',
      },
    );
  }
  return file;
}

/** The environments that have an inventory file. */
export function environments(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yml') && name !== 'example.yml')
    .map((name) => name.slice(0, -'.yml'.length))
    .sort();
}

/** What an inventory file is called in messages. */
const nameOf = (env: string): string => `inventory/${env}.yml`;

/** The text of `inventory/<env>.yml`. Throws `inventory-missing`, naming the nearest environment. */
function inventoryText(folder: string, env: string): string {
  try {
    return readFileSync(join(folder, `${env}.yml`), 'utf8');
  } catch {
    const message = `${nameOf(env)}: ${unknownWord('environment', env, environments(folder))}`;
    throw new KitError('inventory-missing', message, { next: `cp inventory/example.yml ${nameOf(env)}` });
  }
}

/** Reads and checks `inventory/<env>.yml`. */
export function loadInventoryFile(folder: string, env: string, roles: RoleSchemas): InventoryFile {
  return parseInventory(inventoryText(folder, env), nameOf(env), roles);
}

/** The same, with where each thing is said. */
export function loadWithPlaces(
  folder: string,
  env: string,
  roles: RoleSchemas,
): { file: InventoryFile; placeOf: (path: readonly string[]) => string } {
  const text = inventoryText(folder, env);
  return { file: parseInventory(text, nameOf(env), roles), placeOf: placesIn(text, nameOf(env)) };
}
