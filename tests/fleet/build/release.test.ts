import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DockerfileRecipe, Recipe } from '#fleet/build/recipe.ts';
import { IMAGES, recipes } from '#fleet/build/recipes.ts';
import { releaseOf } from '#fleet/build/release.ts';

let root: string;
let recipe: DockerfileRecipe;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'odin-release-'));
  for (const folder of ['setup', 'app']) await mkdir(join(root, folder));
  await writeFile(join(root, 'setup/setup.sh'), 'true\n');
  await writeFile(join(root, 'app/Dockerfile'), 'FROM x\n');
  await writeFile(join(root, 'app/main.ts'), 'start();\n');
  const rootfs = { name: 'base', suite: 'trixie', packages: ['tini'], setup: join(root, 'setup') };
  const base: Recipe = { kind: 'rootfs', name: 'base', rootfs };
  const args = { A: '1', B: '2' };
  recipe = { kind: 'dockerfile', name: 'app', base, dockerfile: 'app/Dockerfile', inputs: ['app'], args };
});
afterEach(() => rm(root, { recursive: true }));

describe('a release', () => {
  const table: [string, boolean, () => Promise<unknown> | unknown][] = [
    ['a source', true, () => writeFile(join(root, 'app/main.ts'), 'stop();\n')],
    ['the Dockerfile', true, () => writeFile(join(root, 'app/Dockerfile'), 'FROM y\n')],
    ['the base', true, () => writeFile(join(root, 'setup/setup.sh'), 'false\n')],
    ['an argument', true, () => Object.assign(recipe, { args: { A: '1', B: '3' } })],
    ['the order of arguments', false, () => Object.assign(recipe, { args: { B: '2', A: '1' } })],
    ['another mirror', false, () => Object.assign(process.env, { ODIN_DEBIAN_MIRROR: 'http://mirror.example/debian' })],
  ];
  it.each(table)('%s: changes it is %s', async (_, changes, act) => {
    const before = await releaseOf(recipe, root);
    await act();
    const after = await releaseOf(recipe, root);
    delete process.env.ODIN_DEBIAN_MIRROR;
    expect(after !== before).toBe(changes);
  });

  it('is the same in another clone', async () => {
    const clone = await mkdtemp(join(tmpdir(), 'odin-clone-'));
    await cp(root, clone, { recursive: true });
    expect(await releaseOf(recipe, clone)).toBe(await releaseOf(recipe, root));
    await rm(clone, { recursive: true });
  });
});

it('every image of this checkout has a release of its own', async () => {
  const all = await recipes();
  const releases = await Promise.all(IMAGES.map((name) => releaseOf(all[name])));
  for (const release of releases) expect(release).toMatch(/^[0-9a-f]{12}$/);
  expect(new Set(releases).size).toBe(IMAGES.length);
});
