import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { NO_SERVICES } from '#engine/adhoc.ts';
import type { HostCheck } from '#engine/check.ts';
import { lineReporter } from '#engine/report/reporter.ts';
import { type Playbook, play, playbook, role } from '#engine/role.ts';
import { type RunOptions, runPlaybook } from '#engine/run.ts';
import { runChecks } from '#engine/verify.ts';
import { temporaryFolder } from '../support/folder.ts';
import { inventoryOf } from '../support/inventory.ts';
import { plain } from '../support/plain.ts';
import { fileAt } from '../support/plan.ts';
import { standInForSsh } from '../support/ssh-stand-in.ts';

const ssh = standInForSsh(temporaryFolder());
const root = temporaryFolder();
const inventory = inventoryOf(
  `
provider: sandbox
hosts:
  backend-1: { groups: [backend], address: 192.0.2.1 }
  ws-1: { groups: [ws], address: 192.0.2.2 }
  ws-2: { groups: [ws], address: 192.0.2.3 }
network: {}
`,
  'prod',
  {},
);
const schema = z.strictObject({});
let runs = 0;

/** A check that passes as long as no file of this name lies in the folder. */
const noFile = (dir: string, name: string, more: Partial<HostCheck>): HostCheck => ({
  where: 'host',
  id: `demo.${name}`,
  title: `no ${name}`,
  severity: 'critical',
  phases: ['verify'],
  probe: `ls ${dir}/${name} 2>/dev/null`,
  judge: ({ status, output }) =>
    status === 0 ? { ok: false, message: `there is ${name}`, lastLines: output, next: `rm ${name}` } : { ok: true },
  ...more,
});

/** A playbook over files of this machine, one folder per test; a host's file is called `ROLE-HOST`. */
function demo(): { dir: string; book: Playbook } {
  runs += 1;
  const dir = join(root, String(runs));
  mkdirSync(dir);
  const base = role('base', schema, {
    resources: ({ host }) => [fileAt(`${dir}/base-${host.name}`, 'base\n')],
    checks: () => [
      noFile(dir, 'warned', { severity: 'warning', phases: ['preflight'] }),
      noFile(dir, 'refused', { phases: ['preflight'] }),
      noFile(dir, 'ill', { phases: ['verify'] }),
    ],
  });
  const feed = role('feed', schema, {
    resources: ({ host }) => [
      fileAt(`${dir}/feed-${host.name}`, 'feed\n', { validate: `sh -c '[ ! -e ${dir}/broken-${host.name} ]' --` }),
    ],
  });
  const book = playbook('demo', [
    play('all are ready', { hosts: 'all', roles: [base] }),
    play('the feed flows', { hosts: 'ws', roles: [feed], strategy: 'rolling' }),
  ]);
  return { dir, book };
}

interface Told {
  code: number | undefined;
  error: unknown;
  text: string;
}

async function told(act: (options: RunOptions) => Promise<number>, more: Partial<RunOptions> = {}): Promise<Told> {
  const lines: string[] = [];
  const report = lineReporter((line) => lines.push(line), false);
  const options: RunOptions = {
    check: false,
    diff: false,
    yes: true,
    detailedExitcode: false,
    report,
    services: NO_SERVICES,
    image: (name) => name,
    ...more,
  };
  const text = (): string => plain(lines.join('\n'));
  return act(options).then(
    (code) => ({ code, error: undefined, text: text() }),
    (error: unknown) => ({ code: undefined, error, text: text() }),
  );
}
const run = (book: Playbook, more: Partial<RunOptions> = {}): Promise<Told> =>
  told((options) => runPlaybook(book, inventory, options), more);

describe('a deploy', () => {
  it('plans, applies play by play, and says so per host', async () => {
    const { dir, book } = demo();
    const { code, text } = await run(book);
    expect(code).toBe(0);
    expect(text).toContain(`backend-1\n  + base: file ${dir}/base-backend-1  create\n`);
    expect(text.indexOf('all are ready')).toBeLessThan(text.indexOf('the feed flows'));
    for (const name of ['base-backend-1', 'base-ws-1', 'base-ws-2', 'feed-ws-1', 'feed-ws-2'])
      expect(existsSync(`${dir}/${name}`)).toBe(true);
    expect(text).toMatch(/backend-1 {2}ok=0 changed=1 failed=0 unreachable=0 {2}executions=4 tunnels=0/);
    expect(text).toMatch(/ws-1 {7}ok=0 changed=2 failed=0 unreachable=0 {2}executions=5 tunnels=0/);
  });

  it('that has nothing to change takes one execution per host', async () => {
    const { book } = demo();
    await run(book);
    const before = ssh.calls().length;
    const { code, text } = await run(book, { yes: false });
    expect(code).toBe(0);
    expect(text).toContain('Nothing to change.');
    expect(text).toMatch(/ws-2 {7}ok=2 changed=0 failed=0 unreachable=0 {2}executions=1/);
    expect(ssh.calls().length - before).toBe(3);
  });

  it.each<[what: string, options: Partial<RunOptions>, first: number, second: number]>([
    ['as usual', {}, 0, 0],
    ['with --detailed-exitcode', { detailedExitcode: true }, 10, 0],
    ['with --check', { check: true }, 0, 0],
    ['with both', { check: true, detailedExitcode: true }, 10, 10],
  ])('exit codes %s', async (_what, options, first, second) => {
    const { book } = demo();
    expect((await run(book, options)).code).toBe(first);
    expect((await run(book, options)).code).toBe(second);
  });

  it('with --check changes nothing', async () => {
    const { dir, book } = demo();
    const { text } = await run(book, { check: true, yes: false });
    expect(text).toContain('5 to change; nothing was changed (--check).');
    expect(existsSync(`${dir}/base-ws-1`)).toBe(false);
  });

  it('without a terminal and without --yes is refused, not hung on', async () => {
    const { dir, book } = demo();
    const { error } = await run(book, { yes: false });
    expect(error).toMatchObject({
      code: 'not-confirmed',
      exit: 3,
      context: { next: 'look at the plan above, then add --yes (make: YES=1)' },
    });
    expect(existsSync(`${dir}/base-ws-1`)).toBe(false);
  });

  it.each<[options: Partial<RunOptions>, files: string[]]>([
    [{ limit: 'ws-1' }, ['base-ws-1', 'feed-ws-1']],
    [{ limit: 'backend,ws[1]' }, ['base-backend-1', 'base-ws-2', 'feed-ws-2']],
    [{ tags: 'feed' }, ['feed-ws-1', 'feed-ws-2']],
    [{ limit: 'ws-2', tags: 'base' }, ['base-ws-2']],
  ])('with %j', async (options, files) => {
    const { dir, book } = demo();
    expect((await run(book, options)).code).toBe(0);
    const all = ['backend-1', 'ws-1', 'ws-2'].flatMap((name) => [`base-${name}`, `feed-${name}`]);
    expect(all.filter((name) => existsSync(`${dir}/${name}`)).sort()).toEqual(files);
  });

  it.each<[options: Partial<RunOptions>, code: string, message: string]>([
    [{ limit: 'ws-9' }, 'unknown-host', 'unknown host or group "ws-9"; did you mean "ws-1"?'],
    [{ limit: 'ws[7]' }, 'unknown-host', '--limit ws[7] selects no host'],
    [{ limit: 'lb' }, 'unknown-host', '--limit lb selects no host'],
    [{ tags: 'bsae' }, 'unknown-role', 'unknown role "bsae"; did you mean "base"?'],
    [{ tags: 'base,' }, 'unknown-role', 'unknown role ""; known: base, feed'],
  ])('with %j asks no host', async (options, code, message) => {
    expect((await run(demo().book, options)).error).toMatchObject({ code, message, exit: 3 });
    expect(ssh.calls()).toEqual([]);
  });
});

describe('checks around a deploy', () => {
  it('a critical one before the first change stops everything', async () => {
    const { dir, book } = demo();
    writeFileSync(`${dir}/refused`, '');
    const { error, text } = await run(book);
    expect(error).toMatchObject({
      code: 'preflight-failed',
      exit: 8,
      message: 'there is refused; nothing was changed',
      context: { role: 'base', resource: 'demo.refused', next: 'rm refused' },
    });
    expect(text).toContain('✗ there is refused (demo.refused)');
    expect(existsSync(`${dir}/base-ws-1`)).toBe(false);
  });

  it('a warning is shown, and no more', async () => {
    const { dir, book } = demo();
    writeFileSync(`${dir}/warned`, '');
    const { code, text } = await run(book);
    expect(code).toBe(0);
    expect(text).toContain('! there is warned (demo.warned)');
  });

  it('one after the change that fails is exit code 8, with the recap', async () => {
    const { dir, book } = demo();
    writeFileSync(`${dir}/ill`, '');
    const { error, text } = await run(book);
    expect(error).toMatchObject({ code: 'check-failed', exit: 8, context: { resource: 'demo.ill', next: 'rm ill' } });
    expect(text).toMatch(/ws-1 {7}ok=0 changed=2 failed=0/);
  });

  it('verify asks the checks of its phase', async () => {
    const { dir, book } = demo();
    const verify = (): Promise<Told> => told((options) => runChecks(book, inventory, ['verify'], options));
    expect(await verify()).toMatchObject({ code: 0, text: expect.stringMatching(/ws-2 {6} base: ✓ no ill/) });
    writeFileSync(`${dir}/ill`, '');
    const bad = await verify();
    expect(bad.code).toBe(8);
    expect(bad.text).toContain(`base: ✗ there is ill (demo.ill)\n      ${dir}/ill\n`);
    expect(bad.text).toContain('      next: rm ill');
  });
});

describe('what goes wrong on a host', () => {
  it('a failed change ends with its evidence, and later hosts of a rolling play are left alone', async () => {
    const { dir, book } = demo();
    writeFileSync(`${dir}/broken-ws-1`, '');
    const { code, text } = await run(book);
    expect(code).toBe(2);
    expect(existsSync(`${dir}/feed-ws-1`)).toBe(false);
    expect(existsSync(`${dir}/feed-ws-2`)).toBe(false);
    expect(text).toContain(`apply-failed: ws-1 · feed · file ${dir}/feed-ws-1: the change failed`);
    expect(text).toContain('  next: make deploy ENV=prod LIMIT=ws-1   (continues where this stopped)');
    expect(text).toMatch(/ws-1 {7}ok=0 changed=1 failed=1 unreachable=0/);
    expect(text).toMatch(/ws-2 {7}ok=0 changed=1 failed=0 unreachable=0/);
  });

  it.each<[what: string, anyErrorsFatal: boolean, finished: boolean]>([
    ['and the rest finishes', false, true],
    ['and nothing is changed anywhere with --any-errors-fatal', true, false],
  ])('an unreachable host is named, %s', async (_what, anyErrorsFatal, finished) => {
    const { dir, book } = demo();
    ssh.answer('odin@192.0.2.2', 'echo "ssh: connect to host 192.0.2.2 port 22: No route to host" >&2; exit 255');
    const { code, text } = await run(book, { anyErrorsFatal });
    expect(code).toBe(4);
    expect(text).toContain('unreachable: ws-1: cannot reach odin@192.0.2.2:22');
    expect(text).toMatch(/ws-1 {7}ok=0 changed=0 failed=0 unreachable=1 {2}executions=0/);
    expect(existsSync(`${dir}/base-ws-2`)).toBe(finished);
    expect(existsSync(`${dir}/feed-ws-2`)).toBe(finished);
  });

  it('--limit goes around it', async () => {
    const { dir, book } = demo();
    ssh.answer('odin@192.0.2.2', 'exit 255');
    expect((await run(book, { limit: 'ws-2' })).code).toBe(0);
    expect(readFileSync(`${dir}/feed-ws-2`, 'utf8')).toBe('feed\n');
  });
});
