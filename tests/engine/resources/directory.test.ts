import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { directory } from '#engine/resources/directory.ts';
import { ME, ME_BY_NUMBER, temporaryFolder } from '../../support/folder.ts';
import { applyHere, decideFrom, decideHere, oneLine, probeHere } from '../../support/kind.ts';

describe('what is decided', () => {
  it.each([
    ['', {}, '+ create'],
    ['755 root:root 0:0 directory|/d', {}, 'ok'],
    ['755 root:root 0:0 directory|/other', {}, '+ create'],
    ['700 root:root 0:0 directory|/d', {}, '~ mode 0700 → 0755'],
    ['1777 root:root 0:0 directory|/d', { mode: 0o1777 }, 'ok'],
    [
      '755 docker-registry:docker-registry 104:110 directory|/d',
      {},
      '~ owner docker-registry:docker-registry → root:root',
    ],
    ['755 docker-registry:docker-registry 104:110 directory|/d', { owner: 'docker-registry:docker-registry' }, 'ok'],
    ['755 UNKNOWN:UNKNOWN 10001:10001 directory|/d', { owner: '10001:10001' }, 'ok'],
    ['644 root:root 0:0 regular file|/d', {}, '~ is a regular file, mode 0644 → 0755'],
    ['777 root:root 0:0 symbolic link|/d', {}, '~ is a symbolic link, mode 0777 → 0755'],
  ])('%j %j', (output, args, decision) => {
    expect(oneLine(decideFrom(directory({ path: '/d', ...args }), output))).toBe(decision);
  });
});

describe('a change here', () => {
  const folder = temporaryFolder();

  it.each([
    ['one', 'new', ME],
    ['its parents too', 'a/b/c', ME],
    ['a name with a space and a quote', "it's here", ME],
    ['an owner by number', 'numbered', ME_BY_NUMBER],
  ])('%s', async (_what, name, owner) => {
    const wanted = directory({ path: join(folder, name), mode: 0o750, owner });
    expect(oneLine(await decideHere(wanted))).toBe('+ create');
    expect(await applyHere(wanted)).toEqual({ status: 0, output: '' });
    expect(oneLine(await decideHere(wanted))).toBe('ok');
    expect(statSync(join(folder, name)).mode & 0o7777).toBe(0o750);
  });

  it('sets the mode of one that exists', async () => {
    const path = join(folder, 'existing');
    await applyHere(directory({ path, mode: 0o700, owner: ME }));
    const wider = directory({ path, mode: 0o755, owner: ME });
    expect(oneLine(await decideHere(wider))).toBe('~ mode 0700 → 0755');
    await applyHere(wider);
    expect(oneLine(await decideHere(wider))).toBe('ok');
  });

  it('a file in its place fails', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, 'x');
    expect((await applyHere(directory({ path, owner: ME }))).status).not.toBe(0);
  });

  it('many are read at once, each for itself', async () => {
    const [here, absent] = await probeHere([directory({ path: folder }), directory({ path: join(folder, 'absent') })]);
    expect(here).toMatchObject({ type: 'directory' });
    expect(absent).toEqual({});
  });
});
