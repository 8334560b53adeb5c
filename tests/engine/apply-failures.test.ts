import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KitError } from '#engine/errors.ts';
import { OK, type Resource, resourceOf } from '#engine/resource.ts';
import { temporaryFolder } from '../support/folder.ts';
import { type LocalHost, localHost } from '../support/local-connection.ts';
import { applyPlanned, dirAt, fileAt, pendingLines, planHere, planText, wantedOf } from '../support/plan.ts';

const root = temporaryFolder();
let folders = 0;
/** A new path below the folder of these tests. */
function fresh(): string {
  folders += 1;
  return join(root, String(folders));
}

describe.concurrent('a change that fails in the middle', () => {
  const failing = async (): Promise<{ local: LocalHost; dir: string; error: KitError }> => {
    const local = localHost();
    const dir = fresh();
    const plan = await planHere(
      local,
      wantedOf([
        dirAt(dir),
        fileAt(`${dir}/first`, 'good'),
        fileAt(`${dir}/second`, 'bad', { validate: 'sh -c "echo line one; echo line two >&2; exit 4" --' }),
        fileAt(`${dir}/third`, 'good'),
      ]),
    );
    const error = await applyPlanned(local, plan).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof KitError)) throw new Error('it did not fail');
    return { local, dir, error };
  };

  it('says which, where and why, and what to type', async () => {
    const { dir, error } = await failing();
    expect(error.code).toBe('apply-failed');
    expect(error.exit).toBe(2);
    expect(error.message).toBe('the change failed');
    expect(error.context).toEqual({
      host: 'box',
      role: 'demo',
      resource: `file ${dir}/second`,
      command: 'create',
      exitStatus: 1,
      lastLines: 'line one\nline two',
      next: 'make deploy ENV=here LIMIT=box   (continues where this stopped)',
    });
  });

  it('what came before it is done and on record, what comes after did not run', async () => {
    const { local, dir } = await failing();
    expect(existsSync(`${dir}/first`)).toBe(true);
    expect(existsSync(`${dir}/second`)).toBe(false);
    expect(existsSync(`${dir}/third`)).toBe(false);
    expect(local.lines).toEqual(['box ✓ demo: 2 changed']);
  });

  it('the next run goes on where it stopped', async () => {
    const { local, dir } = await failing();
    const wanted = wantedOf([
      dirAt(dir),
      fileAt(`${dir}/first`, 'good'),
      fileAt(`${dir}/second`, 'mended'),
      fileAt(`${dir}/third`, 'good'),
    ]);
    expect(await applyPlanned(local, await planHere(local, wanted))).toBe(2);
  });

  it('a connection that is lost names the change that was running', async () => {
    const local = localHost();
    const dir = fresh();
    const plan = await planHere(local, wantedOf([dirAt(dir), fileAt(`${dir}/a`, 'a')]));
    local.connection.cutBefore = 'apply:1';
    await expect(applyPlanned(local, plan)).rejects.toMatchObject({
      code: 'apply-failed',
      message: 'the connection was lost during the change',
      context: { host: 'box', resource: `file ${dir}/a` },
    });
  });

  it('a change that hangs is ended', async () => {
    const local = localHost();
    const slow = resourceOf<string, boolean>(
      {
        where: 'host',
        name: 'slow',
        probe: () => 'echo no',
        read: (_, all) => all.map(() => false),
        decide: () => ({ state: 'change', action: '+', summary: 'wait' }),
        apply: () => 'echo waiting; sleep 20',
        applySeconds: () => 0.5,
      },
      (name) => name,
    );
    await expect(applyPlanned(local, await planHere(local, wantedOf([slow('x')])))).rejects.toMatchObject({
      message: 'the change did not end in time',
      context: { exitStatus: 124, lastLines: 'waiting' },
    });
  });
});

describe('verify after write', () => {
  it('a change that does not hold is a failure, named', async () => {
    const local = localHost();
    const path = fresh();
    // Two roles that want one file to be different things.
    const plan = await planHere(local, [
      ...wantedOf([fileAt(path, 'one')], 0, 'first'),
      ...wantedOf([fileAt(path, 'two')], 0, 'second'),
    ]);
    await expect(applyPlanned(local, plan)).rejects.toMatchObject({
      code: 'verify-failed',
      message: 'changed, but the host still differs: content',
      context: { host: 'box', role: 'first', resource: `file ${path}` },
    });
  });
});

describe.concurrent('a probe that goes wrong', () => {
  const odd = (script: string): Resource =>
    resourceOf<string, boolean>(
      {
        where: 'host',
        name: 'odd',
        timeoutSeconds: 0.5,
        probe: () => script,
        read: (_, all) => all.map(() => true),
        decide: () => OK,
        apply: () => ':',
      },
      (name) => name,
    )('x');

  it('that hangs spoils its own answer, and says so', async () => {
    const local = localHost();
    const plan = await planHere(local, wantedOf([odd('sleep 20'), fileAt(fresh(), 'x\n')]));
    expect(pendingLines(plan)).toEqual([
      'odd ? its probe, which did not answer within 0.5 s, answers',
      'file + create',
    ]);
    await expect(applyPlanned(local, plan)).rejects.toMatchObject({ code: 'apply-failed', context: { host: 'box' } });
  });

  it('of a host that runs nothing is named', async () => {
    const local = localHost();
    local.connection.cutBefore = 'facts';
    await expect(planHere(local, [])).rejects.toMatchObject({
      code: 'probe-failed',
      message: 'the host ran nothing of the probe',
    });
  });
});

it('a secret is in no plan, with or without --diff, nor in what is reported', async () => {
  const local = localHost();
  const path = fresh();
  const wanted = wantedOf([fileAt(path, 'hunter2', { secret: true, mode: 0o600 })]);
  for (const diff of [false, true])
    expect(planText([await planHere(local, wanted, diff)], diff)).not.toContain('hunter2');
  writeFileSync(path, 'hunter1');
  const plan = await planHere(local, wanted, true);
  expect(planText([plan], true)).not.toMatch(/hunter[12]/);
  await applyPlanned(local, plan);
  expect(local.lines.join('\n')).not.toMatch(/hunter[12]/);
});
