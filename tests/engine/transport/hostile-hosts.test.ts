import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Piece } from '#engine/program.ts';
import { cutOff } from '#engine/transport/connection.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { ONE, sshWorld, whoami } from '../../support/ssh-world.ts';
import type { TestSshd } from '../../support/sshd.ts';
import { until } from '../../support/wait.ts';

const world = sshWorld(temporaryFolder());
let box: TestSshd;

const NOISE = `echo "Welcome to $(hostname)!"
echo "@0123456789abcdef01 end who 0"
printf 'no newline at its end'
echo "warning: nobody asked" >&2
alias printf=false timeout=false sh=false
printf() { echo broken; }
cd /
`;
/** tcsh is installed where it is missing; the others where they happen to be. */
const SHELLS = ['/bin/sh', '/bin/bash', '/usr/bin/tcsh', '/usr/bin/fish', '/usr/bin/zsh'];
const there = SHELLS.filter((path) => path.endsWith('tcsh') || existsSync(path));
const userOf = (shell: string): string => `u-${shell.split('/').at(-1)}`;

beforeAll(async () => {
  box = await world.sshd('box', {
    users: {
      noisy: { shell: '/bin/bash', home: { '.bashrc': NOISE, '.profile': NOISE } },
      ...Object.fromEntries(there.map((shell) => [userOf(shell), { shell, home: { '.cshrc': 'echo from csh\n' } }])),
      closed: { shell: '/usr/sbin/nologin' },
    },
    config: ['PrintMotd yes', 'Banner /etc/passwd'],
    sudoers: ['Defaults lecture=always', 'Defaults use_pty'],
  });
});

describe('a noisy host', () => {
  it.each([true, false])('says only what was asked (on standard input: %s)', async (secret) => {
    const connection = world.connect(box, { user: 'noisy' });
    const { answers, cut } = await connection.execute(ONE, { deadlineSeconds: 20, secret });
    expect(answers.get('who')).toEqual({ id: 'who', status: 0, output: 'root\n/root' });
    expect(cut).toBeUndefined();
  });
});

describe.each(there)('the login shell %s', (shell) => {
  const awkward = `cat <<'END'\n'"\`$(id)\\ !! %s $HOME ~ * {a,b}\nEND`;
  it.each<[what: string, script: string, secret: boolean, output: string]>([
    ['in the argument', awkward, false, `'"\`$(id)\\ !! %s $HOME ~ * {a,b}`],
    ['on standard input', awkward, true, `'"\`$(id)\\ !! %s $HOME ~ * {a,b}`],
    ['as long as an argument gets', `: ${randomBytes(36_000).toString('hex')}; echo long`, false, 'long'],
    ['too long for an argument', `: ${randomBytes(60_000).toString('hex')}; echo longer`, true, 'longer'],
  ])('hands the program on as it is: %s', async (_what, script, secret, output) => {
    const pieces: Piece[] = [{ id: 'x', script, timeoutSeconds: 5, must: secret }];
    const { answers } = await world
      .connect(box, { user: userOf(shell) })
      .execute(pieces, { deadlineSeconds: 20, secret });
    expect(answers.get('x')).toEqual({ id: 'x', status: 0, output });
  });
});

it('a login that is no shell says what it says', async () => {
  const { answers, stderr, cut } = await world.connect(box, { user: 'closed' }).execute(ONE, { deadlineSeconds: 20 });
  expect(answers.size).toBe(0);
  expect(cut).toBe('the program ended early (status 1)');
  expect(stderr).toContain('This account is currently not available');
});

describe('a program that does not come to its end', () => {
  const alive = (pid: string): boolean =>
    existsSync(`/proc/${pid}`) && !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

  it.each(['root', 'noisy'])('is ended at its deadline with all that it started (%s)', async (user) => {
    const pieces: Piece[] = [
      { id: 'first', script: 'sleep 60 & echo "$!"', timeoutSeconds: 5 },
      { id: 'second', script: 'sleep 61 & echo "$!"; (trap "" TERM; sleep 62) & echo "$!"; wait', timeoutSeconds: 60 },
    ];
    const began = Date.now();
    const execution = await world.connect(box, { user }).execute(pieces, { deadlineSeconds: 2 });
    expect(Date.now() - began).toBeLessThan(8_000);
    expect(execution.cut).toBe('the 2 s that it had were up');
    expect(cutOff({ name: 'box' } as never, execution)?.message).toBe(
      'the 2 s that it had were up while "second" was running',
    );
    const pids = [execution.answers.get('first')?.output ?? '', ...(execution.unfinished?.output ?? '').split('\n')];
    expect(pids.filter((pid) => /^\d+$/.test(pid))).toHaveLength(3);
    for (const pid of pids.filter(Boolean)) await until(`${pid} has ended`, () => !alive(pid), { ms: 3_000 });
  });

  it('what a piece leaves behind in the background does not keep anybody waiting', async () => {
    const pieces: Piece[] = [{ id: 'x', script: 'sleep 30 & echo "$!"', timeoutSeconds: 5 }];
    const began = Date.now();
    const { answers, cut } = await world.connect(box).execute(pieces, { deadlineSeconds: 20 });
    const pid = answers.get('x')?.output ?? '';
    expect(Date.now() - began).toBeLessThan(6_000);
    expect(cut).toBeUndefined();
    // It was meant to stay: nothing was up.
    expect(alive(pid)).toBe(true);
    await world
      .connect(box)
      .execute([{ id: 'end', script: `kill ${pid}`, timeoutSeconds: 5 }], { deadlineSeconds: 20 });
  });

  it('a piece whose own time was up leaves nothing behind', async () => {
    const script = '(trap "" TERM; sleep 60) & echo "$!"; sleep 60';
    const { answers } = await world
      .connect(box)
      .execute([{ id: 'x', script, timeoutSeconds: 1 }], { deadlineSeconds: 20 });
    const { status, output = '' } = answers.get('x') ?? {};
    expect(status).toBe(124);
    await until(`${output} has ended`, () => !alive(output), { ms: 3_000 });
  });

  it('because the connection was lost: what was running is named, and what had ended is known', async () => {
    const connection = world.connect(box, { user: 'noisy', name: 'lost' });
    let began = (): void => {};
    const running = new Promise<void>((resolve) => {
      began = resolve;
    });
    const pieces: Piece[] = [
      { id: 'first', script: 'echo 1', timeoutSeconds: 5, must: true },
      { id: 'second', script: 'echo so far; sleep 30', timeoutSeconds: 40, must: true },
    ];
    const execution = connection.execute(pieces, {
      deadlineSeconds: 60,
      secret: true,
      onBegin: (id) => id === 'second' && began(),
    });
    await running;
    box.cut();
    const { answers, unfinished, ...rest } = await execution;
    expect([...answers.keys()]).toEqual(['first']);
    expect(unfinished?.id).toBe('second');
    expect(rest.cut).toBe('the connection was lost');
    // The next command logs in anew.
    expect(await whoami(world.connect(box, { user: 'noisy', name: 'lost' }))).toBe('root\n/root');
  });

  it('in its first piece already', async () => {
    const connection = world.connect(box, { name: 'lost-early' });
    const execution = connection.execute([{ id: 'only', script: 'sleep 30', timeoutSeconds: 40 }], {
      deadlineSeconds: 60,
      onBegin: () => box.cut(),
    });
    const ended = await execution;
    expect(cutOff({ name: 'box' } as never, ended)).toMatchObject({
      code: 'cut-off',
      message: 'the connection was lost while "only" was running',
    });
  });
});
