import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Content, held, localFile } from '#engine/content.ts';
import type { Piece } from '#engine/program.ts';
import { file } from '#engine/resources/file.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { FACTS, kindOf } from '../../support/kind.ts';
import { sshWorld } from '../../support/ssh-world.ts';
import type { TestSshd } from '../../support/sshd.ts';

const LARGE = 20_000_000;
const world = sshWorld(temporaryFolder());
let box: TestSshd;
let large: string;

beforeAll(async () => {
  box = await world.sshd('box', { users: { odin: { shell: '/usr/bin/tcsh' } }, sudoers: ['Defaults use_pty'] });
  large = join(world.folder, 'large');
  writeFileSync(large, randomBytes(LARGE));
});

/** The change that a `file` makes, as a wave would have it. */
function pieceOf(id: string, path: string, content: Content): Piece {
  const { args } = file({ path, content });
  const kind = kindOf(file({ path, content }));
  const script = `set -e\n${kind.apply(args, undefined, FACTS, {})}`;
  return { id, script, timeoutSeconds: 60, must: true, input: kind.input?.(args, undefined) ?? [] };
}

const OPTIONS = { deadlineSeconds: 90, secret: true };

describe.each(['root', 'odin'])('as %s', (user) => {
  const at = (name: string): string => join(world.folder, `${user}-${name}`);

  it('20 MB of a file of this machine, and what comes after it', async () => {
    const pieces: Piece[] = [
      { id: 'before', script: 'cat; echo before', timeoutSeconds: 5, must: true },
      pieceOf('large', at('large'), localFile(large)),
      pieceOf('small', at('small'), held('small\n')),
      { id: 'after', script: `sha256sum ${at('small')} | cut -c -4`, timeoutSeconds: 5 },
    ];
    const { answers, cut } = await world.connect(box, { user }).execute(pieces, OPTIONS);
    expect(cut).toBeUndefined();
    expect([...answers.values()].map(({ status }) => status)).toEqual([0, 0, 0, 0]);
    expect(answers.get('before')?.output).toBe('before');
    expect(answers.get('after')?.output).toBe(held('small\n').sha256.slice(0, 4));
    execFileSync('cmp', [large, at('large')]);
    expect(statSync(at('large'))).toMatchObject({ uid: 0, mode: 0o100644 });
  });

  it('a file that has changed since it was measured is not put in place, and nothing after it runs', async () => {
    const changing = join(world.folder, 'changing');
    writeFileSync(changing, 'x'.repeat(300_000));
    const content = localFile(changing);
    writeFileSync(changing, 'y'.repeat(200_000));
    const pieces = [pieceOf('x', at('changing'), content), pieceOf('y', at('next'), held('next'))];
    const { answers, cut } = await world.connect(box, { user }).execute(pieces, OPTIONS);
    expect(cut).toBeUndefined();
    expect([...answers.keys()]).toEqual(['x']);
    expect(answers.get('x')).toMatchObject({ status: 1, output: 'the content did not arrive as it left' });
    expect(() => statSync(at('changing'))).toThrow();
  });

  it('a file that is gone since it was measured is named', async () => {
    const gone = join(world.folder, 'gone');
    writeFileSync(gone, 'x');
    const piece = pieceOf('x', at('gone'), localFile(gone));
    rmSync(gone);
    await expect(world.connect(box, { user }).execute([piece], OPTIONS)).rejects.toMatchObject({
      code: 'local-file-unreadable',
      message: expect.stringContaining(gone),
    });
  });

  it('a change that does not read what was sent to it ends the program', async () => {
    const pieces: Piece[] = [
      { ...pieceOf('x', at('unread'), localFile(large)), script: 'exit 3' },
      pieceOf('y', at('next'), held('next')),
    ];
    const { answers, cut } = await world.connect(box, { user }).execute(pieces, OPTIONS);
    expect(cut).toBeUndefined();
    expect([...answers.keys()]).toEqual(['x']);
  });
});

it('what is sent is in none of the words on either end, nor in the memory of this process as a whole', async () => {
  const heavy = join(world.folder, 'heavy');
  for (let i = 0; i < 4; i += 1) appendFileSync(heavy, Buffer.alloc(LARGE, `${i}`));
  const look: Piece = {
    id: 'look',
    script: `head -c ${4 * LARGE} <&8 | sha256sum | cut -c -64; cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c '000000000000[0]' || true`,
    timeoutSeconds: 30,
    must: true,
    input: [localFile(heavy)],
  };
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }, 5);
  const { answers } = await world.connect(box).execute([look], OPTIONS);
  clearInterval(timer);
  expect(answers.get('look')?.output.split('\n')).toEqual([localFile(heavy).sha256, '0']);
  expect(most).toBeLessThan(2 * LARGE);
});
