import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { held } from '#engine/content.ts';
import { type FolderFile, type FolderOptions, folder } from '#engine/resources/folder.ts';
import { localFolder } from '#engine/resources/local-folder.ts';
import { ME, temporaryFolder } from '../../support/folder.ts';
import { applyHere, decideHere } from '../../support/kind.ts';
import { localHost } from '../../support/local-connection.ts';
import { plain } from '../../support/plain.ts';
import { applyPlanned, fileAt, pendingLines, planHere, planText, wantedOf } from '../../support/plan.ts';

const root = temporaryFolder();
let n = 0;
/** A new place for a folder. */
const place = (): string => {
  n += 1;
  return join(root, `p${n}`);
};

const FILES: Record<string, FolderFile> = {
  'a.conf': { content: 'a = 1\n' },
  'bin/run': { content: '#!/bin/sh\n', mode: 0o755 },
  'conf.d/deep/b': { content: held(Buffer.from([0, 1, 2, 255])) },
};
const make = (path: string, more: Partial<FolderOptions> = {}) => folder({ path, files: FILES, owner: ME, ...more });

/** `~ 1 to change`, then a line for each part. */
async function planned(path: string, more: Partial<FolderOptions> = {}): Promise<string[]> {
  const decision = await decideHere(make(path, more));
  if ('unavailable' in decision) throw new Error(decision.unavailable);
  return decision.state === 'ok' ? [] : [`${decision.action} ${decision.summary}`, ...(decision.parts ?? [])];
}

/** Makes it true, and checks that nothing is left to do. */
async function made(path: string, more: Partial<FolderOptions> = {}): Promise<void> {
  expect(await applyHere(make(path, more))).toEqual({ status: 0, output: '' });
  expect(await planned(path, more)).toEqual([]);
}

/** Everything in a folder: `bin/run 755`. */
function treeOf(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name))
    .map((each) => `${each.slice(path.length + 1)} ${(statSync(each).mode & 0o7777).toString(8)}`)
    .sort();
}

it('comes to be with all that is in it', async () => {
  const path = place();
  expect(await planned(path)).toEqual([
    '+ 7 to create',
    '+ ./',
    '+ bin/',
    '+ conf.d/',
    '+ conf.d/deep/',
    '+ a.conf',
    '+ bin/run',
    '+ conf.d/deep/b',
  ]);
  await made(path);
  expect(treeOf(path)).toEqual([
    'a.conf 644',
    'bin 755',
    'bin/run 755',
    'conf.d 755',
    'conf.d/deep 755',
    'conf.d/deep/b 644',
  ]);
  expect(readFileSync(join(path, 'conf.d/deep/b'))).toEqual(Buffer.from([0, 1, 2, 255]));
});

describe('what is changed by hand is named and mended', () => {
  it.each<[what: string, change: (path: string) => void, lines: string[]]>([
    ['content', (path) => writeFileSync(join(path, 'a.conf'), 'b'), ['~ 1 to change', '~ a.conf  content']],
    ['a mode', (path) => chmodSync(join(path, 'bin/run'), 0o600), ['~ 1 to change', '~ bin/run  mode 0600 → 0755']],
    [
      'the mode of a folder',
      (path) => chmodSync(join(path, 'bin'), 0o700),
      ['~ 1 to change', '~ bin/  mode 0700 → 0755'],
    ],
    ['the folder itself', (path) => chmodSync(path, 0o700), ['~ 1 to change', '~ ./  mode 0700 → 0755']],
    [
      'a file by a link',
      (path) => {
        renameSync(join(path, 'a.conf'), join(path, 'other'));
        symlinkSync('other', join(path, 'a.conf'));
      },
      ['~ 1 to change', '~ a.conf  is a symbolic link'],
    ],
  ])('%s', async (_what, change, lines) => {
    const path = place();
    await made(path);
    change(path);
    expect(await planned(path)).toEqual(lines);
    await made(path);
  });

  it('a folder by a link: nothing is written to where it leads', async () => {
    const [path, elsewhere] = [place(), place()];
    await made(path);
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'run'), 'theirs');
    rmSync(join(path, 'bin'), { recursive: true });
    symlinkSync(elsewhere, join(path, 'bin'));
    expect(await planned(path)).toEqual(['~ 1 to create, 1 to change', '~ bin/  is a symbolic link', '+ bin/run']);
    await made(path);
    expect(readFileSync(join(elsewhere, 'run'), 'utf8')).toBe('theirs');
  });
});

describe('strays', () => {
  const stray = (path: string): void => {
    mkdirSync(join(path, 'cache/old'), { recursive: true });
    writeFileSync(join(path, 'cache/old/1'), '');
    writeFileSync(join(path, 'cache-2'), '');
    writeFileSync(join(path, 'bin/other'), '');
    writeFileSync(join(path, "it's $(odd)\n\t name"), '');
    writeFileSync(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xff, 0xfe])]), '');
    symlinkSync(root, join(path, 'link'));
  };

  it('are kept where nothing is said, and are no difference', async () => {
    const path = place();
    await made(path);
    stray(path);
    expect(await planned(path)).toEqual([]);
    writeFileSync(join(path, 'a.conf'), 'b');
    await made(path);
    expect(existsSync(join(path, 'cache/old/1'))).toBe(true);
  });

  it('are listed and deleted where that is declared, and what a link leads to is not', async () => {
    const path = place();
    await made(path);
    stray(path);
    const beside = place();
    writeFileSync(beside, 'theirs');
    const lines = await planned(path, { strays: 'delete' });
    expect(lines[0]).toBe('- 6 to delete');
    expect([...lines.slice(1)].sort()).toEqual([
      '- bin/other',
      '- cache-2',
      '- cache/  with 2 in it',
      "- it's $(odd)?? name",
      '- link',
      '- \ufffd\ufffd',
    ]);
    await made(path, { strays: 'delete' });
    expect(treeOf(path)).toHaveLength(6);
    expect(readFileSync(beside, 'utf8')).toBe('theirs');
  });

  it('give way to a file that is wanted in their place', async () => {
    const path = place();
    mkdirSync(join(path, 'a.conf/in'), { recursive: true });
    writeFileSync(join(path, 'bin'), '');
    expect((await applyHere(make(path))).status).not.toBe(0);
    await made(path, { strays: 'delete' });
  });

  it('what a run that was killed has left goes with the next change', async () => {
    const path = place();
    await made(path);
    mkdirSync(join(path, '.odin-new-abcdefgh'));
    writeFileSync(join(path, 'a.conf'), 'b');
    await made(path);
    expect(treeOf(path)).toHaveLength(6);
  });
});

describe('before anything is replaced', () => {
  it('everything must have arrived: what did not leaves all as it was', async () => {
    const path = place();
    await made(path);
    const before = treeOf(path);
    const lying = { ...held('other'), open: () => [Buffer.from('0ther')] };
    const files = { ...FILES, 'a.conf': { content: 'new\n' }, 'bin/run': { content: lying } };
    const { status, output } = await applyHere(make(path, { files, strays: 'delete' }));
    expect(status).toBe(1);
    expect(output).toContain('the content did not arrive as it left');
    expect(treeOf(path)).toEqual(before);
    expect(readFileSync(join(path, 'a.conf'), 'utf8')).toBe('a = 1\n');
  });

  it('the folder must not be a link to another one', async () => {
    const [path, elsewhere] = [place(), place()];
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, path);
    expect(await planned(path)).toContain('~ ./  is a symbolic link');
    const { status, output } = await applyHere(make(path));
    expect(status).toBe(1);
    expect(output).toContain('is a symbolic link: remove it, or name the folder that it leads to');
    expect(readdirSync(elsewhere)).toEqual([]);
  });
});

it.each([
  '/etc/passwd',
  '../up',
  'a/../b',
  './a',
  'a//b',
  'a/',
  '.',
  '',
  'a\nb',
  'a\\b',
  '.odin-new-x',
  'a.conf/below',
])('a file called %j is a fault of the role', (name) => {
  const files = { 'a.conf': { content: '' }, [name]: { content: '' } };
  expect(() => folder({ path: '/x', files })).toThrow(expect.objectContaining({ code: 'internal' }));
});

it('hundreds of files take one probe and one change', async () => {
  const path = place();
  const files = Object.fromEntries(
    Array.from({ length: 400 }, (_, i) => [`with a rather long name/${i % 10}/file number ${i}`, { content: `${i}` }]),
  );
  const many = folder({ path, files, owner: ME });
  expect(await applyHere(many)).toEqual({ status: 0, output: '' });
  expect(await decideHere(many)).toEqual({ state: 'ok' });
  expect(treeOf(path)).toHaveLength(411);
});

it('a folder of this machine is sent as it is', async () => {
  const [from, path] = [place(), place()];
  await made(from);
  const files = localFolder(from);
  expect(Object.entries(files).map(([name, { mode }]) => `${name} ${mode?.toString(8)}`)).toEqual([
    'a.conf 644',
    'bin/run 755',
    'conf.d/deep/b 644',
  ]);
  await applyHere(folder({ path, files, owner: ME, strays: 'delete' }));
  expect(treeOf(path)).toEqual(treeOf(from));
  symlinkSync('/etc/hostname', join(from, 'link'));
  expect(() => localFolder(from)).toThrow(expect.objectContaining({ code: 'local-file-unreadable' }));
  expect(() => localFolder(join(from, 'absent'))).toThrow(expect.objectContaining({ code: 'local-file-unreadable' }));
});

it('in a wave, with a large file: the plan lists its parts, one execution makes both true', async () => {
  const path = place();
  await made(path);
  writeFileSync(join(path, 'stray'), '');
  const local = localHost();
  const large = fileAt(`${path}-large`, 'x'.repeat(300_000));
  const wanted = wantedOf([make(path, { strays: 'delete' }), large]);
  const plan = await planHere(local, wanted);
  expect(
    plain(planText([plan], false))
      .split('\n')
      .slice(1, 4),
  ).toEqual([`  - demo: folder ${path}  1 to delete`, '      - stray', `  + demo: file ${path}-large  create`]);
  expect(await applyPlanned(local, plan)).toBe(2);
  expect(local.connection.executions).toBe(2);
  expect(pendingLines(await planHere(local, wanted))).toEqual([]);
});
