import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type LineArgs, line } from '#engine/resources/line.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { applyHere, decideFrom, decideHere, FACTS, kindOf, oneLine, probeHere, readAll } from '../../support/kind.ts';

const PATH = '/etc/ssh/sshd_config';
const FILE = '# how to log in\nPort 22\n#PermitRootLogin yes\nPermitRootLogin no\nPort 22\n';
const output = (text: string, type = 'regular file'): string =>
  `${type}|${PATH}\n${Buffer.from(text).toString('base64')}\n`;
const ROOT_LOGIN = '^#?PermitRootLogin\\s';

describe('what is decided', () => {
  const table: [args: Partial<LineArgs>, file: string, decision: string][] = [
    [{ line: 'Port 22' }, FILE, 'ok'],
    [{ line: 'Port 2' }, FILE, '+ "Port 2"'],
    [{ line: 'Port 22' }, '', '+ "Port 22"'],
    [{ line: 'Port 22' }, 'Port 22', 'ok'],
    [{ line: '' }, 'a\n\nb\n', 'ok'],
    [{ line: '' }, 'a\nb\n', '+ ""'],
    [{ line: 'PermitRootLogin no', match: ROOT_LOGIN }, FILE, 'ok'],
    [{ line: 'PermitRootLogin yes', match: ROOT_LOGIN }, FILE, '~ "PermitRootLogin no" → "PermitRootLogin yes"'],
    [{ line: 'PermitRootLogin no', match: '^PermitRoot' }, '#PermitRootLogin no\n', '+ "PermitRootLogin no"'],
    [{ line: 'Port 22', present: false }, FILE, '- "Port 22"'],
    [{ line: 'Port 2', present: false }, FILE, 'ok'],
    [{ line: '', match: ROOT_LOGIN, present: false }, FILE, '- "#PermitRootLogin yes", "PermitRootLogin no"'],
    [{ line: 'key = new', match: '^key', secret: true }, 'key = old\n', '~ the line'],
  ];
  it.each(table)('%j in %j', (args, text, decision) =>
    expect(oneLine(decideFrom(line({ path: PATH, line: '', ...args }), output(text)))).toBe(decision),
  );

  it.each([
    ['no file yet', '', true, `? ${PATH}`],
    ['no file, and the line is not to be there', '', false, 'ok'],
    ['a folder', output('', 'directory'), true, `? ${PATH} is a file (it is a directory)`],
    ['too large a file', `regular file|${PATH}\nlarge\n`, true, `? ${PATH} is smaller than 1048576 bytes`],
  ])('%s', (_what, text, present, decision) =>
    expect(oneLine(decideFrom(line({ path: PATH, line: 'a', present }), text))).toBe(decision),
  );

  it('shows the lines that differ, and no others', () => {
    expect(decideFrom(line({ path: PATH, line: 'Port 2', match: '^Port' }), output(FILE))).toMatchObject({
      before: 'Port 22\n',
      after: 'Port 2\n',
    });
  });

  it('of a secret shows nothing, not even in its name', () => {
    const secret = line({ path: PATH, line: 'password hunter2', secret: true });
    expect(JSON.stringify([secret.id, decideFrom(secret, output('password old\n'))])).not.toMatch(/hunter2|old/);
  });

  it('a change elsewhere in the file does not make a plan stale', () => {
    const { args, ...resource } = line({ path: PATH, line: 'Port 2', match: '^Port' });
    const digestOf = (text: string): unknown =>
      kindOf({ ...resource, args }).digest?.(args, readAll(output(text), { ...resource, args })[0], FACTS);
    expect(digestOf('Port 22\nmore\n')).toEqual(digestOf('Port 22\n'));
    expect(digestOf('Port 23\n')).not.toEqual(digestOf('Port 22\n'));
  });
});

describe('a role that cannot be meant', () => {
  it('more than one line', () => expect(() => line({ path: PATH, line: 'a\nb' })).toThrow('holds a newline'));
  it('one that its pattern does not find again', () =>
    expect(() => line({ path: PATH, line: 'b', match: '^a' })).toThrow('its own pattern'));
  it('no regular expression', () => expect(() => line({ path: PATH, line: 'a', match: '(' })).toThrow('Invalid'));
});

describe('a change here', () => {
  const folder = temporaryFolder();
  let count = 0;
  const fresh = (text: string): string => {
    const path = join(folder, `file-${count++}`);
    writeFileSync(path, text);
    return path;
  };

  const table: [what: string, args: Partial<LineArgs>, before: string, after: string][] = [
    ['comes last', { line: 'c' }, 'a\nb\n', 'a\nb\nc\n'],
    ['comes last where the last line has no end', { line: 'c' }, 'a\nb', 'a\nb\nc\n'],
    ['is the first of an empty file', { line: 'c' }, '', 'c\n'],
    ['replaces the last match', { line: 'x=3', match: '^x=' }, 'x=1\ny\nx=2\nz\n', 'x=1\ny\nx=3\nz\n'],
    ['replaces the last of equal ones', { line: 'x=3', match: '^x=' }, 'x=1\ny\nx=1\n', 'x=1\ny\nx=3\n'],
    ['goes wherever it is', { line: 'a', present: false }, 'a\nb\na\n', 'b\n'],
    ['every match goes', { line: '', match: '^x', present: false }, 'x1\na\nx2\nx1\n', 'a\n'],
    ['numbers that are equal as numbers', { line: '12', match: '^1' }, '1.0\n1\n01\n', '1.0\n12\n01\n'],
    ['what a shell or awk would touch', { line: `a\\n"$(id)" 'q' & \\1` }, 'a\n', `a\na\\n"$(id)" 'q' & \\1\n`],
    ['replaces what looks like a pattern', { line: '.*', match: '^\\.\\*' }, 'abc\n.*[\\\\\n', 'abc\n.*\n'],
    ['other scripts', { line: 'grüße 日本', match: '^gr' }, 'grüezi\n', 'grüße 日本\n'],
  ];
  it.each(table)('%s', async (_what, args, before, after) => {
    const path = fresh(before);
    chmodSync(path, 0o640);
    const wanted = line({ path, line: '', ...args });
    expect(await applyHere(wanted)).toEqual({ status: 0, output: '' });
    expect(readFileSync(path, 'utf8')).toBe(after);
    expect(statSync(path).mode & 0o7777).toBe(0o640);
    expect(oneLine(await decideHere(wanted))).toBe('ok');
  });

  it('edits what a link leads to, and leaves the link and nothing beside it', async () => {
    const path = fresh('a\n');
    const link = join(folder, 'link');
    symlinkSync(path, link);
    await applyHere(line({ path: link, line: 'b' }));
    expect(readFileSync(path, 'utf8')).toBe('a\nb\n');
    expect(
      readdirSync(folder, { withFileTypes: true })
        .find(({ name }) => name === 'link')
        ?.isSymbolicLink(),
    ).toBe(true);
    expect(readdirSync(folder).filter((name) => /\.[A-Za-z0-9]{6}$/.test(name))).toEqual([]);
  });

  it('two lines of one file in one wave, each from what was seen before either', async () => {
    const path = fresh('x=1\ny=1\n');
    const both = [line({ path, line: 'x=2', match: '^x=' }), line({ path, line: 'y=2', match: '^y=' })];
    const seen = await probeHere(both);
    const [first, second] = both as [(typeof both)[0], (typeof both)[0]];
    await applyHere(first);
    const script = kindOf(second).apply(second.args, seen[1], FACTS, {});
    expect(script).toContain('y=1');
    await applyHere(second);
    expect(readFileSync(path, 'utf8')).toBe('x=2\ny=2\n');
  });

  it('the probe reads a file once, and a name with a space, a bar and a quote', async () => {
    const path = fresh('a\n');
    const odd = join(folder, "it's a|b");
    writeFileSync(odd, 'b\n');
    const wanted = [line({ path, line: 'a' }), line({ path, line: 'b' }), line({ path: odd, line: 'b' })];
    expect(await probeHere(wanted)).toEqual([{ lines: ['a'] }, { lines: ['a'] }, { lines: ['b'] }]);
    const script = kindOf(line({ path, line: '' })).probe(
      wanted.map(({ args }) => args),
      { diff: false },
    );
    expect(script.split(path).length - 1).toBe(1);
  });
});
