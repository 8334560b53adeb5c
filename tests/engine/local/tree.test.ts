import { chmod, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashTree, listTree } from '#engine/local/tree.ts';

let root: string;
const put = async (path: string, content = path): Promise<void> => {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
};

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'odin-tree-'));
  for (const path of ['app/main.ts', 'app/lib/b.ts', 'app/lib/a.ts', 'lock']) await put(path);
});
afterEach(() => rm(root, { recursive: true }));

it('lists files sorted, each once', async () => {
  const paths = (await listTree(root, ['lock', 'app', 'app/lib'])).map(({ path }) => path);
  expect(paths).toEqual(['app/lib/a.ts', 'app/lib/b.ts', 'app/main.ts', 'lock']);
});

it('refuses a path that does not exist', async () => {
  await expect(listTree(root, ['app', 'gone'])).rejects.toThrow(/gone/);
});

describe('the hash', () => {
  const table: [string, boolean, () => Promise<unknown>][] = [
    ['a content', true, () => put('app/main.ts', 'other')],
    ['a new file', true, () => put('app/new.ts')],
    ['a file that went', true, () => rm(join(root, 'app/lib/a.ts'))],
    ['an execute bit', true, () => chmod(join(root, 'app/main.ts'), 0o755)],
    ['a time', false, () => utimes(join(root, 'app/main.ts'), 1, 1)],
    ['a group-writable clone', false, () => chmod(join(root, 'app/main.ts'), 0o664)],
    ['installed packages', false, () => put('app/node_modules/x/index.js')],
    ['hidden files', false, () => put('app/.main.ts.swp')],
    ['a file outside of the paths', false, () => put('other/x.ts')],
  ];
  it.each(table)('%s: changes it is %s', async (_, changes, act) => {
    const before = await hashTree(root, ['app', 'lock']);
    await act();
    const after = await hashTree(root, ['app', 'lock']);
    expect(after !== before).toBe(changes);
  });

  it('does not confuse where one file ends and the next begins', async () => {
    await put('one/a', 'xy');
    await put('one/b', 'z');
    const before = await hashTree(root, ['one']);
    await put('one/a', 'x');
    await put('one/b', 'yz');
    expect(await hashTree(root, ['one'])).not.toBe(before);
  });
});
