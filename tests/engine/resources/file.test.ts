import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { held, localFile } from '#engine/content.ts';
import { type FileArgs, file, sha256 } from '#engine/resources/file.ts';
import { ME, temporaryFolder } from '../../support/folder.ts';
import { applyHere, decideFrom, decideHere, oneLine, probeHere, readAll } from '../../support/kind.ts';

describe('what is read of a host', () => {
  const output = [
    '644 root:root 12 regular file|/etc/a.conf',
    '600 odin:odin 0 regular empty file|/etc/with a space',
    '777 root:root 9 symbolic link|/etc/link',
    '755 root:root 4096 directory|/etc/folder',
    '%%',
    `${sha256('a')}  /etc/a.conf`,
    `${sha256('')}  /etc/with a space`,
    `${sha256('b')}  /etc/link`,
    '%%',
    '/etc/a.conf',
    Buffer.from('a').toString('base64'),
  ].join('\n');
  const of = (path: string): unknown => readAll(output, file({ path, content: '' }))[0];
  it.each([
    [
      '/etc/a.conf',
      { exists: true, mode: 0o644, owner: 'root:root', type: 'regular file', sha256: sha256('a'), text: 'a' },
    ],
    [
      '/etc/with a space',
      { exists: true, mode: 0o600, owner: 'odin:odin', type: 'regular empty file', sha256: sha256('') },
    ],
    ['/etc/link', { exists: true, mode: 0o777, owner: 'root:root', type: 'symbolic link', sha256: sha256('b') }],
    ['/etc/folder', { exists: true, mode: 0o755, owner: 'root:root', type: 'directory' }],
    ['/etc/absent', { exists: false }],
  ])('%s', (path, expected) => expect(of(path)).toEqual(expected));
});

describe('what is decided', () => {
  const seen = (stat: string, content: string): string => `${stat}|/f\n%%\n${sha256(content)}  /f\n%%`;
  const table: [seen: string, args: Partial<FileArgs>, decision: string][] = [
    ['%%\n%%', {}, '+ create'],
    [seen('644 root:root 3 regular file', 'new'), {}, 'ok'],
    [seen('644 root:root 3 regular file', 'old'), {}, '~ content'],
    [seen('600 root:root 3 regular file', 'new'), {}, '~ mode 0600 → 0644'],
    [seen('4755 root:root 3 regular file', 'new'), {}, '~ mode 4755 → 0644'],
    [seen('440 root:root 3 regular file', 'new'), { mode: 0o440 }, 'ok'],
    [seen('644 odin:odin 3 regular file', 'new'), {}, '~ owner odin:odin → root:root'],
    [seen('644 odin:odin 3 regular file', 'new'), { owner: 'odin:odin' }, 'ok'],
    [seen('600 odin:odin 3 regular file', 'old'), {}, '~ content, mode 0600 → 0644, owner odin:odin → root:root'],
    [seen('777 root:root 3 symbolic link', 'new'), {}, '~ is a symbolic link, mode 0777 → 0644'],
    ['755 root:root 3 directory|/f\n%%\n%%', {}, '~ is a directory, content, mode 0755 → 0644'],
  ];
  it.each(table)('%j %j', (output, args, decision) => {
    expect(oneLine(decideFrom(file({ path: '/f', content: 'new', ...args }), output))).toBe(decision);
  });
});

describe('the text for --diff', () => {
  const folder = temporaryFolder();
  const path = join(folder, 'shown');
  writeFileSync(path, 'old\n');
  it.each([
    ['brought back when it differs', { content: 'new\n' }, true, { before: 'old\n', after: 'new\n' }],
    ['not without --diff', { content: 'new\n' }, false, {}],
    ['never of a secret', { content: 'new\n', secret: true }, true, {}],
  ])('%s', async (_what, args, diff, texts) => {
    const decision = await decideHere(file({ path, owner: ME, ...args }), diff);
    expect(decision).toEqual({ state: 'change', action: '~', summary: 'content', ...texts });
  });

  it('a new file is all new, a new secret is not shown', async () => {
    const absent = join(folder, 'absent');
    expect(await decideHere(file({ path: absent, content: 'x' }), true)).toMatchObject({ before: '', after: 'x' });
    expect(await decideHere(file({ path: absent, content: 'x', secret: true }), true)).toEqual({
      state: 'change',
      action: '+',
      summary: 'create',
    });
  });

  it('not of a file that is as wanted, nor of one larger than 64 KiB', async () => {
    const large = join(folder, 'large');
    writeFileSync(large, 'x'.repeat(70_000));
    const [same, other] = await probeHere(
      [file({ path, content: 'old\n' }), file({ path: large, content: 'small' })],
      true,
    );
    expect(same).not.toHaveProperty('text');
    expect(other).not.toHaveProperty('text');
  });
});

describe('a change here', () => {
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder, name);

  it.each([
    ['plain', 'a = 1\n'],
    ['no newline at its end', 'a = 1'],
    ['empty', ''],
    ['what a shell would touch', `'"\`$(id) \\n %s\nEND\n'END'\n`],
    ['other scripts', 'grüße 日本語 😀\n'],
    ['larger than an argument may be', 'x'.repeat(200_000)],
    ["a path with 'quotes' and $dollars", 'ok\n'],
  ])('%s: then it is as wanted, and nothing is left beside it', async (name, content) => {
    const wanted = file({ path: at(`${name}/file`), content, owner: ME, mode: 0o640 });
    expect(oneLine(await decideHere(wanted))).toBe('+ create');
    expect(await applyHere(wanted)).toEqual({ status: 0, output: '' });
    expect(oneLine(await decideHere(wanted))).toBe('ok');
    expect(readFileSync(at(`${name}/file`), 'utf8')).toBe(content);
    expect(statSync(at(`${name}/file`)).mode & 0o7777).toBe(0o640);
    expect(readdirSync(at(name))).toEqual(['file']);
  });

  it('replaces the file and does not write into it: a reader keeps the old one whole', async () => {
    writeFileSync(at('atomic'), 'old');
    const before = statSync(at('atomic')).ino;
    await applyHere(file({ path: at('atomic'), content: 'new', owner: ME }));
    expect(statSync(at('atomic')).ino).not.toBe(before);
    expect(readFileSync(at('atomic'), 'utf8')).toBe('new');
  });

  it('a secret is never readable by others, not even while it is written', async () => {
    const watch = `stat -c %a`;
    const wanted = file({ path: at('secret'), content: 's', owner: ME, mode: 0o600, secret: true, validate: watch });
    expect(await applyHere(wanted)).toEqual({ status: 0, output: '600' });
  });

  it('a symbolic link gives way to the file; what it led to is left alone', async () => {
    writeFileSync(at('target'), 'theirs');
    symlinkSync(at('target'), at('link'));
    await applyHere(file({ path: at('link'), content: 'ours', owner: ME }));
    expect(readFileSync(at('target'), 'utf8')).toBe('theirs');
    expect(() => readlinkSync(at('link'))).toThrow();
  });

  it('content that does not pass `validate` leaves the old file, and nothing beside it', async () => {
    mkdirSync(at('checked'));
    writeFileSync(at('checked/conf'), 'good\n');
    chmodSync(at('checked/conf'), 0o644);
    const bad = file({ path: at('checked/conf'), content: 'bad\n', owner: ME, validate: 'grep -n good' });
    expect((await applyHere(bad)).status).toBe(1);
    expect(readFileSync(at('checked/conf'), 'utf8')).toBe('good\n');
    expect(readdirSync(at('checked'))).toEqual(['conf']);
    const good = file({ path: at('checked/conf'), content: 'good too\n', owner: ME, validate: 'grep -n good' });
    expect(await applyHere(good)).toEqual({ status: 0, output: '1:good too' });
  });

  it('an owner that does not exist fails, and leaves nothing beside it', async () => {
    mkdirSync(at('owned'));
    const { status, output } = await applyHere(file({ path: at('owned/f'), content: 'x', owner: 'no-such-user:root' }));
    expect(status).toBe(1);
    expect(output).toContain('no-such-user');
    expect(readdirSync(at('owned'))).toEqual([]);
  });

  it('a directory in its place fails, and nothing is put into it', async () => {
    mkdirSync(at('folder'));
    const { status, output } = await applyHere(file({ path: at('folder'), content: 'x', owner: ME }));
    expect(status).not.toBe(0);
    expect(output).toContain('cannot overwrite directory');
    expect(readdirSync(at('folder'))).toEqual([]);
  });

  it('a parent that is a file fails', async () => {
    writeFileSync(at('parent'), 'x');
    expect((await applyHere(file({ path: at('parent/f'), content: 'x', owner: ME }))).status).not.toBe(0);
    expect(existsSync(at('parent/f'))).toBe(false);
  });
});

describe('bytes that are sent beside the program', () => {
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder, name);
  const bytes = Buffer.alloc(2_000_000, Buffer.from([0, 1, 10, 255]));

  it.each([
    ['held by this process', () => held(bytes)],
    [
      'in a file of this machine',
      () => {
        writeFileSync(at('from'), bytes);
        return localFile(at('from'));
      },
    ],
    ['nothing', () => held('')],
  ])('%s: then it is as wanted, and nothing is left beside it', async (name, content) => {
    mkdirSync(at(name));
    const wanted = file({ path: at(`${name}/file`), content: content(), owner: ME, mode: 0o640 });
    expect(oneLine(await decideHere(wanted, true))).toBe('+ create');
    expect(await applyHere(wanted)).toEqual({ status: 0, output: '' });
    expect(await decideHere(wanted)).toEqual({ state: 'ok' });
    expect(readdirSync(at(name))).toEqual(['file']);
  });

  it('are not put in place anew where only the mode is another', async () => {
    const path = at('moded-text');
    writeFileSync(path, 'text');
    chmodSync(path, 0o600);
    const before = statSync(path);
    expect(await applyHere(file({ path, content: 'text', owner: ME }))).toEqual({ status: 0, output: '' });
    expect(statSync(path)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs, mode: 0o100644 });
  });

  it('are not sent again where only the mode is another', async () => {
    const never = { ...held(bytes), open: () => [Buffer.from('not these')] };
    const path = at('moded');
    writeFileSync(path, bytes);
    chmodSync(path, 0o600);
    const before = statSync(path).ino;
    expect(await applyHere(file({ path, content: never, owner: ME }))).toEqual({ status: 0, output: '' });
    expect(statSync(path)).toMatchObject({ ino: before, mode: 0o100644 });
  });

  it('are not put in place where they did not arrive as they left', async () => {
    const path = at('kept');
    writeFileSync(path, 'old');
    for (const sent of ['0ther', 'oth']) {
      const damaged = { ...held('other'), open: () => [Buffer.from(sent)] };
      const { status, output } = await applyHere(file({ path, content: damaged, owner: ME }));
      expect(status).toBe(1);
      expect(output).toContain('the content did not arrive as it left');
    }
    expect(readFileSync(path, 'utf8')).toBe('old');
  });
});
