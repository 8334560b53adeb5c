import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkPieces, judgeAll } from '#engine/plan.ts';
import type { Role } from '#engine/role.ts';
import { temporaryFolder } from '../support/folder.ts';
import { FACTS } from '../support/kind.ts';
import { localHost } from '../support/local-connection.ts';
import { applyPlanned, pendingLines, planHere, wantedOf } from '../support/plan.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const page = readFileSync(join(ROOT, 'docs/engine.md'), 'utf8');
/** The page's code blocks that say which file they are. */
const files = [...page.matchAll(/```ts\n\/\/ (\S+)\n([\s\S]*?)```/g)].map(([, path = '', text = '']) => ({
  path,
  text,
}));
const work = temporaryFolder();

// Inside the checkout, so that `#engine/…` means what it means to every other file.
let scratch = '';
beforeAll(() => {
  scratch = mkdtempSync(join(ROOT, 'tests/.docs-page-'));
  for (const { path, text } of files) {
    mkdirSync(dirname(join(scratch, path)), { recursive: true });
    writeFileSync(join(scratch, path), text);
  }
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

async function bannerRole(): Promise<Role> {
  const { banner } = (await import(join(scratch, 'roles/banner/role.ts'))) as { banner: Role };
  return banner;
}

describe('docs/engine.md', () => {
  it('writes a kind, a check and a role', () => {
    expect(files.map(({ path }) => path)).toEqual([
      'roles/banner/banner.ts',
      'roles/banner/checks.ts',
      'roles/banner/role.ts',
    ]);
  });

  it('gives a role that plans, applies, and has nothing to change then', async () => {
    const local = localHost();
    const role = await bannerRole();
    const vars = role.schema.parse({ path: join(work, 'issue'), text: 'hello' });
    const context = { host: local.host, inventory: local.inventory, vars, image: (name: string) => name };
    const wanted = wantedOf(role.resources(context));

    const first = await planHere(local, wanted, true);
    expect(pendingLines(first)).toEqual([`banner + say "hello on ${local.host.name}"`]);
    expect(await applyPlanned(local, first)).toBe(1);
    expect(readFileSync(join(work, 'issue'), 'utf8')).toBe(`hello on ${local.host.name}\n`);
    expect(pendingLines(await planHere(local, wanted))).toEqual([]);

    writeFileSync(join(work, 'issue'), 'edited by hand\n');
    expect(pendingLines(await planHere(local, wanted))).toEqual([`banner ~ say "hello on ${local.host.name}"`]);
  });

  it.each([
    ['short', true],
    ['x'.repeat(200), false],
  ])('gives a check that tells %s', async (text, ok) => {
    const local = localHost();
    const role = await bannerRole();
    const path = join(work, 'checked');
    writeFileSync(path, `${text}\n`);
    const vars = role.schema.parse({ path });
    const context = { host: local.host, inventory: local.inventory, vars, image: (name: string) => name };
    const checks = role.checks(context).map((check) => ({ role: role.name, check }));
    const { answers } = await local.connection.execute(checkPieces(checks), { deadlineSeconds: 10 });
    expect(judgeAll(local.host, checks, answers, FACTS).map(({ verdict }) => verdict.ok)).toEqual([ok]);
  });
});
