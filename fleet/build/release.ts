import { createHash } from 'node:crypto';
import { rootfsRelease } from '#engine/local/debootstrap.ts';
import { hashTree } from '#engine/local/tree.ts';
import { ROOT } from './checkout.ts';
import type { Recipe } from './recipe.ts';

/** Characters of a release: enough for a repository's lifetime, short enough to read aloud. */
const RELEASE_LENGTH = 12;

/**
 * The release of a recipe: the first 12 hex digits of a SHA-256 over its inputs, its arguments and its base's release.
 * Reads the checkout and nothing else, so every clone of a commit names the same release.
 */
export async function releaseOf(recipe: Recipe, root: string = ROOT): Promise<string> {
  if (recipe.kind === 'rootfs') return rootfsRelease(recipe.rootfs);
  const { name, dockerfile, inputs, args, base } = recipe;
  const [tree, below] = await Promise.all([hashTree(root, [dockerfile, ...inputs]), releaseOf(base, root)]);
  const sorted = Object.entries(args).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify({ name, dockerfile, tree, args: sorted, base: below });
  return createHash('sha256').update(text).digest('hex').slice(0, RELEASE_LENGTH);
}
