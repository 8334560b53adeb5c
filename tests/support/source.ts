/** The source files of the checkout, parsed: what they import, and what they say besides comments. */

import { type Dirent, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseAst } from 'vitest/node';

export const ROOT = resolve(import.meta.dirname, '../..');
export const ROOMS = [
  'apps',
  'engine',
  'roles',
  'fleet',
  'providers',
  'playbooks',
  'scripts',
  'tests',
  'bench',
] as const;
export type Room = (typeof ROOMS)[number];

/** Files below a folder of the checkout, as paths from its root. */
export function filesIn(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry: Dirent) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .sort();
}

export const sources = (room: Room): string[] => filesIn(room).filter((path) => /\.(ts|mjs)$/.test(path));
export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

export interface Import {
  specifier: string;
  /** Gone when the types are stripped. */
  typeOnly: boolean;
  /** From the root of the checkout; the specifier itself where it is a package. */
  target: string;
}

export interface Source {
  path: string;
  imports: Import[];
  /** Every name and every text in the code. Comments are none. */
  words: { text: string; line: number }[];
  /** The names that `new KitError(…)` is given. */
  thrown: { name: string; line: number }[];
  /** Nodes by type, with the lines where they stand. */
  lines: Map<string, number[]>;
}

interface Node {
  type: string;
  start: number;
  source?: Node | null;
  callee?: Node;
  arguments?: Node[];
  importKind?: string;
  exportKind?: string;
  value?: unknown;
  name?: unknown;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;

function* nodesOf(node: Node): Generator<Node> {
  yield node;
  for (const child of Object.values(node)) {
    for (const each of Array.isArray(child) ? child : [child]) if (isNode(each)) yield* nodesOf(each);
  }
}

const parsed = new Map<string, Source>();

/** Parses a file of the checkout once. */
export function source(path: string): Source {
  const known = parsed.get(path);
  if (known) return known;
  const made = parse(path, read(path));
  parsed.set(path, made);
  return made;
}

/** Parses a text as if it stood at `path`. */
export function parse(path: string, text: string): Source {
  const result: Source = { path, imports: [], words: [], thrown: [], lines: new Map() };
  for (const node of nodesOf(parseAst(text.replace(/^#!.*/, ''), { lang: 'ts' }) as unknown as Node)) {
    const line = text.slice(0, node.start).split('\n').length;
    result.lines.set(node.type, [...(result.lines.get(node.type) ?? []), line]);
    // Imports, exports from elsewhere, import() and import types all have a `source`.
    if (isNode(node.source) && typeof node.source.value === 'string') {
      const specifier = node.source.value;
      const typeOnly = node.type === 'TSImportType' || (node.importKind ?? node.exportKind) === 'type';
      result.imports.push({ specifier, typeOnly, target: targetOf(path, specifier) });
    }
    if (node.type === 'NewExpression' && node.callee?.name === 'KitError' && node.arguments?.[0]) {
      // One name, or a choice between several.
      for (const { type, value } of nodesOf(node.arguments[0]))
        if (type === 'Literal' && typeof value === 'string') result.thrown.push({ name: value, line });
    }
    const said =
      node.type === 'TemplateElement' ? (node.value as { cooked?: string }).cooked : (node.name ?? node.value);
    if (typeof said === 'string') result.words.push({ text: said, line });
  }
  return result;
}

/** `./x.ts`, `#room/x.ts` and `@odin/app` as a path from the root; packages as they are. */
function targetOf(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return relative(ROOT, resolve(ROOT, dirname(from), specifier));
  if (specifier.startsWith('#')) return specifier.slice(1);
  if (!specifier.startsWith('@odin/')) return specifier;
  const app = `apps/${specifier.split('/')[1]}`;
  const { main = 'index.ts', exports } = JSON.parse(read(`${app}/package.json`)) as {
    main?: string;
    exports?: unknown;
  };
  return join(app, typeof exports === 'string' ? exports : main);
}

/** The room of a path, if it is in one. */
export function roomOf(path: string): Room | undefined {
  const [first] = path.split('/');
  return ROOMS.find((room) => room === first);
}

export const isFile = (path: string): boolean => existsSync(join(ROOT, path)) && statSync(join(ROOT, path)).isFile();
