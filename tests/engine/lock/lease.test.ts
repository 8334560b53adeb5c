import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { isGone, thisHolder } from '#engine/lock/holder.ts';
import {
  acquire,
  breakLease,
  guard,
  inspect,
  type Lease,
  NOT_OURS,
  readLease,
  release,
  renew,
} from '#engine/lock/shell.ts';
import { AnswerReader, compile } from '#engine/program.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { runText } from '../../support/shell.ts';
import { until } from '../../support/wait.ts';

const root = temporaryFolder();
let folder = '';
let count = 0;
beforeEach(() => {
  count += 1;
  folder = join(root, String(count));
  mkdirSync(folder);
});

/** Runs shell as on a host whose /run/odin and /var/lib/odin are the test's own. */
async function onHost(script: string): Promise<{ status: number | null; output: string }> {
  const text = script.replaceAll('/run/odin', `${folder}/run`).replaceAll('/var/lib/odin', `${folder}/lib`);
  let output = '';
  const { status } = await runText(text, (chunk) => {
    output += chunk;
  });
  return { status, output };
}

const ops = { who: 'ops@laptop', what: 'deploy --env prod', since: '2026-11-24T12:00:00.000Z', run: 'r1 m1 1:1' };
const night = { who: "o'neil@desk", what: 'deploy', since: '2026-11-24T12:00:01.000Z', run: 'r2 m2 2:2' };

async function take(who: typeof ops, instead?: number): Promise<{ token?: number; lease?: Lease }> {
  const { output } = await onHost(acquire(who, instead));
  const token = /^got (\d+)$/m.exec(output)?.[1];
  const lease = readLease(output);
  return { ...(token ? { token: Number(token) } : {}), ...(lease ? { lease } : {}) };
}

/** Sets the lease's end to the past, as if nobody had renewed it. */
function expire(): void {
  const path = `${folder}/run/lock`;
  const lines = readFileSync(path, 'utf8').split('\n');
  lines[1] = '1';
  writeFileSync(path, lines.join('\n'));
}

describe('a lease', () => {
  it('is given to the first, and the second is told who has it', async () => {
    expect(await take(ops)).toEqual({ token: 1 });
    const { token, lease } = await take(night);
    expect(token).toBeUndefined();
    expect(lease).toMatchObject({
      token: 1,
      who: 'ops@laptop',
      what: 'deploy --env prod',
      since: ops.since,
      run: ops.run,
    });
    expect(lease?.left).toBeGreaterThan(30);
  });

  it('is given to exactly one of many at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, (_, i) => take({ ...ops, run: `r${i} m 1:1` })));
    expect(all.filter(({ token }) => token !== undefined)).toHaveLength(1);
  });

  it('ends by itself, and its token is never handed out again', async () => {
    await take(ops);
    expire();
    expect(await take(night)).toEqual({ token: 2 });
    expect((await onHost(renew(1))).status).toBe(NOT_OURS);
    expect((await onHost(renew(2))).status).toBe(0);
  });

  it('is given back by its holder only', async () => {
    await take(ops);
    await onHost(release(7));
    expect(readLease((await onHost(inspect)).output)?.who).toBe('ops@laptop');
    await onHost(release(1));
    expect(readLease((await onHost(inspect)).output)).toBeUndefined();
    expect(await take(night)).toEqual({ token: 2 });
  });

  it('can be taken over from a holder that is known to be gone, but from no other', async () => {
    await take(ops);
    expect((await take(night, 9)).token).toBeUndefined();
    expect(await take(night, 1)).toEqual({ token: 2 });
  });

  it('tells whether something that its holder began is at work on the host', async () => {
    await take(ops);
    const work = onHost(`${guard(1)}\nuntil [ -e ${folder}/enough ]; do sleep 0.05; done`);
    const deadline = Date.now() + 10_000;
    let seen: Lease | undefined;
    while (!seen?.working && Date.now() < deadline) seen = readLease((await onHost(inspect)).output);
    expect(seen).toMatchObject({ token: 1, working: true });
    writeFileSync(`${folder}/enough`, '');
    await work;
    expect(readLease((await onHost(inspect)).output)).toMatchObject({ working: false });
  });

  it('can be broken; its holder changes nothing from then on', async () => {
    await take(ops);
    await onHost(breakLease);
    expect((await onHost(renew(1))).status).toBe(NOT_OURS);
    expect((await take(night)).token).toBe(2);
  });

  it('says nothing where there is none', async () => {
    expect(readLease((await onHost(inspect)).output)).toBeUndefined();
  });
});

describe('a program that carries a token', () => {
  const program = (token: number): { text: string; nonce: string } =>
    compile(
      [
        { id: 'one', script: `echo 1 >>${folder}/done`, timeoutSeconds: 5, must: true },
        { id: 'look', script: 'echo seen', timeoutSeconds: 5 },
        { id: 'two', script: `echo 2 >>${folder}/done`, timeoutSeconds: 5, must: true },
      ],
      guard(token),
    );

  async function run(token: number): Promise<AnswerReader> {
    const { text, nonce } = program(token);
    const reader = new AnswerReader(nonce);
    reader.push((await onHost(text)).output);
    return reader;
  }

  it('changes things while the lease is its own', async () => {
    await take(ops);
    const { answers } = await run(1);
    expect([...answers.values()].map(({ id, status }) => [id, status])).toEqual([
      ['one', 0],
      ['look', 0],
      ['two', 0],
    ]);
    expect(readFileSync(`${folder}/done`, 'utf8')).toBe('1\n2\n');
  });

  it('changes nothing once the lease is another’s', async () => {
    await take(ops);
    expire();
    await take(night);
    const { answers } = await run(1);
    expect([...answers.values()].map(({ id, status }) => [id, status])).toEqual([['one', NOT_OURS]]);
    expect(() => readFileSync(`${folder}/done`)).toThrow();
  });

  it('goes on after its lease ran out, as long as nobody else took it', async () => {
    await take(ops);
    expire();
    expect((await run(1)).answers.get('two')?.status).toBe(0);
    expect((await take(night)).token).toBeUndefined();
  });
});

describe('what a run that is gone had begun', () => {
  /** A change that is in the middle of something until the test lets it go on, and one after it. */
  async function begin(): Promise<{ ended: Promise<AnswerReader> }> {
    const { text, nonce } = compile(
      [
        {
          id: 'one',
          script: `: >${folder}/at; until [ -e ${folder}/go ]; do sleep 0.05; done; echo 1 >>${folder}/done`,
          timeoutSeconds: 20,
          must: true,
        },
        { id: 'two', script: `echo 2 >>${folder}/done`, timeoutSeconds: 5, must: true },
      ],
      guard(1),
    );
    const reader = new AnswerReader(nonce);
    const ended = onHost(text).then(({ output }) => {
      reader.push(output);
      return reader;
    });
    await until('the change begins', () => existsSync(`${folder}/at`));
    return { ended };
  }
  const goOn = (): void => writeFileSync(`${folder}/go`, '');
  const locked = (): string => readFileSync(`${folder}/run/lock`, 'utf8').split('\n')[0] ?? '';

  it('is waited for by the next holder', async () => {
    await take(ops);
    const first = await begin();
    const next = take(night, 1);
    await until('the lock is the next one’s', () => locked() === '2', { seen: locked });
    expect(existsSync(`${folder}/done`)).toBe(false);
    goOn();
    expect(await next).toEqual({ token: 2 });
    expect(readFileSync(`${folder}/done`, 'utf8')).toBe('1\n');
    const { answers } = await first.ended;
    expect([...answers.values()].map(({ id, status }) => [id, status])).toEqual([
      ['one', 0],
      ['two', NOT_OURS],
    ]);
  });

  it('keeps the lease that its controller gives back', async () => {
    await take(ops);
    const first = await begin();
    await onHost(release(1));
    expect((await take(night)).lease).toMatchObject({ who: 'ops@laptop', working: true });
    goOn();
    await first.ended;
    await onHost(release(1));
    expect(await take(night)).toEqual({ token: 2 });
  });

  it('keeps the next holder out for as long as it goes on', async () => {
    await take(ops);
    const first = await begin();
    expect((await onHost(acquire(night, 1))).output).toBe('busy 2\n');
    goOn();
    await first.ended;
    expect(await take(night, 2)).toEqual({ token: 3 });
  });
});

describe('a holder', () => {
  it('is not gone while its process runs, nor when it is on another machine', () => {
    const mine = thisHolder('deploy');
    expect(isGone(mine)).toBe(false);
    expect(isGone({ run: mine.run.replace(/ [^ ]+ /, ' elsewhere ').replace(/\d+:\d+$/, '999999:1') })).toBe(false);
  });

  it('is gone when its process is, also where the number is used again', () => {
    const mine = thisHolder('deploy');
    expect(isGone({ run: mine.run.replace(/:\d+$/, ':1') })).toBe(true);
    expect(isGone({ run: mine.run.replace(/\d+:\d+$/, '4194304:1') })).toBe(true);
  });
});
