import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KitError } from '#engine/errors.ts';

/** One entry of package-lock.json, version 3: what npm puts at a path. */
export interface LockEntry {
  version?: string;
  resolved?: string;
  integrity?: string;
  /** A workspace: the entry is a symbolic link to `resolved`. */
  link?: boolean;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

export type LockPackages = Readonly<Record<string, LockEntry>>;

/** What a workspace needs to run. */
export interface Closure {
  /** Folders of workspaces, itself included, sorted: `apps/kafka`. */
  workspaces: string[];
  /** `node_modules/ws@8.23.0 sha512-…`, sorted: the installed packages, exactly. */
  packages: string[];
}

export async function readLock(root: string): Promise<LockPackages> {
  return JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')).packages;
}

/**
 * Follows a workspace's dependencies through the lock file, so that an image changes only when something that is in it
 * does: a new linter does not make a new release. Pure. Throws `build-failed` where the lock file is behind.
 */
export function closureOf(packages: LockPackages, workspace: string): Closure {
  const workspaces = new Set<string>();
  const installed = new Set<string>();
  const visit = (path: string): void => {
    const entry = packages[path];
    if (!entry) throw behind(`${path} is not in package-lock.json`);
    const isWorkspace = !path.includes('node_modules/');
    const line = `${path}@${entry.version} ${entry.integrity}`;
    if (isWorkspace ? workspaces.has(path) : installed.has(line)) return;
    if (isWorkspace) workspaces.add(path);
    else installed.add(line);
    for (const name of needs(entry)) {
      const found = resolve(packages, path, name);
      if (!found) throw behind(`${path} needs ${name}, which is not in package-lock.json`);
      visit(packages[found]?.link ? (packages[found].resolved ?? '') : found);
    }
  };
  visit(workspace);
  return { workspaces: [...workspaces].sort(), packages: [...installed].sort() };
}

const behind = (reason: string): KitError => new KitError('build-failed', reason, { next: 'npm install' });

/** Optional dependencies are left out of the images, and so are peers that may be missing. */
function needs(entry: LockEntry): string[] {
  const peers = Object.keys(entry.peerDependencies ?? {}).filter(
    (name) => !entry.peerDependenciesMeta?.[name]?.optional,
  );
  return [...Object.keys(entry.dependencies ?? {}), ...peers];
}

/** Node's own search: the nearest node_modules on the way up. */
function resolve(packages: LockPackages, from: string, name: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
    const path = `${at ? `${at}/` : ''}node_modules/${name}`;
    if (packages[path]) return path;
    if (at === '') return undefined;
  }
}
