import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** One file of a tree: its path relative to the root, with forward slashes, and whether it may be executed. */
export interface TreeFile {
  path: string;
  executable: boolean;
}

/** Installed packages and hidden files (.git, editors' droppings) are never an input: no two clones agree on them. */
const isSkipped = (name: string): boolean => name === 'node_modules' || name.startsWith('.');

/** The files below each of `paths` (files or folders, relative to `root`), sorted. Throws where a path does not exist. */
export async function listTree(root: string, paths: readonly string[]): Promise<TreeFile[]> {
  const found = await Promise.all(paths.map((path) => walk(root, join(root, path))));
  const byPath = new Map(found.flat().map((file) => [file.path, file]));
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function walk(root: string, at: string): Promise<TreeFile[]> {
  const info = await stat(at);
  if (!info.isDirectory()) return [{ path: relative(root, at), executable: (info.mode & 0o100) !== 0 }];
  const names = (await readdir(at)).filter((name) => !isSkipped(name));
  return (await Promise.all(names.map((name) => walk(root, join(at, name))))).flat();
}

/**
 * A SHA-256 over the files' paths, execute bits and contents. Times, owners and the other mode bits do not count: git
 * does not keep them, so two clones would differ.
 */
export async function hashTree(root: string, paths: readonly string[]): Promise<string> {
  const files = await listTree(root, paths);
  const contents = await Promise.all(files.map((file) => readFile(join(root, file.path))));
  const hash = createHash('sha256');
  files.forEach((file, index) => {
    const content = contents[index] ?? Buffer.alloc(0);
    hash.update(`${file.path}\0${file.executable ? 'x' : '-'}\0${content.length}\0`).update(content);
  });
  return hash.digest('hex');
}
