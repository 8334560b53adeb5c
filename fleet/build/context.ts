import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '#engine/local/command.ts';
import { cacheFolder } from '#engine/local/folders.ts';
import { isRunning } from '#engine/local/process.ts';
import { listTree } from '#engine/local/tree.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import { ROOT } from './checkout.ts';
import type { DockerfileRecipe } from './recipe.ts';

/**
 * Calls `use` with a folder that holds exactly what a recipe names: its inputs at their paths, its extras, and the
 * Dockerfile at the top. Nothing else of the checkout can slip into an image, so no .dockerignore is needed.
 */
export async function withContext<T>(
  recipe: DockerfileRecipe,
  report: Reporter,
  use: (context: string) => Promise<T>,
): Promise<T> {
  const extras = (await recipe.extras?.(report)) ?? [];
  await mkdir(cacheFolder('contexts'), { recursive: true });
  await removeDeadContexts();
  const context = cacheFolder('contexts', `${recipe.name}.${process.pid}`);
  await mkdir(context);
  try {
    for (const { path } of await listTree(ROOT, recipe.inputs)) await cp(join(ROOT, path), join(context, path));
    for (const { from, to } of extras) {
      await mkdir(dirname(join(context, to)), { recursive: true });
      // cp(1) keeps the relative links by which npm ties workspaces together; Node's cp makes them absolute.
      await run('cp', ['-RP', from, join(context, to)]);
    }
    await cp(join(ROOT, recipe.dockerfile), join(context, 'Dockerfile'));
    return await use(context);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

/** What runs left that were killed: a context's name ends in the process id of its run. */
async function removeDeadContexts(): Promise<void> {
  for (const name of await readdir(cacheFolder('contexts'))) {
    const alive = await isRunning(Number(name.split('.').at(-1)));
    if (!alive) await rm(cacheFolder('contexts', name), { recursive: true, force: true });
  }
}
