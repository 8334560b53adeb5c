import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ControllerKind, type HostKind, OK, resourceOf } from '#engine/resource.ts';
import { quote } from '#engine/shell.ts';
import { temporaryFolder } from '../support/folder.ts';
import { localHost } from '../support/local-connection.ts';
import { applyPlanned, dirAt, fileAt, pendingLines, planHere, planText, wantedOf } from '../support/plan.ts';

const root = temporaryFolder();
let folders = 0;
/** A new path below the folder of these tests. */
function fresh(): string {
  folders += 1;
  return join(root, String(folders));
}

/** A line in a file that something else must make first: blocked until then. */
interface LineArgs {
  path: string;
  line: string;
}
const lineKind: HostKind<LineArgs, boolean> = {
  where: 'host',
  name: 'line',
  probe: (all) =>
    all
      .map(({ path, line }) => {
        const found = `grep -qxF ${quote(line)} ${quote(path)}`;
        return `if [ -f ${quote(path)} ]; then ${found} && echo yes || echo no; else echo none; fi`;
      })
      .join('\n'),
  read: (output, all) =>
    all.map(({ path }, i) => {
      const answer = output.split('\n')[i];
      return answer === 'none' ? { unavailable: path } : answer === 'yes';
    }),
  decide: (_, there) => (there ? OK : { state: 'change', action: '~', summary: 'add' }),
  apply: ({ path, line }) => `echo ${quote(line)} >>${quote(path)}`,
};
const lineIn = resourceOf(lineKind, ({ path, line }) => `${line} in ${path}`);

describe('a play on one host', () => {
  it('plans in one execution, changes what was planned in one more, and then there is nothing to change', async () => {
    const local = localHost();
    const dir = fresh();
    const wanted = wantedOf([dirAt(dir), fileAt(`${dir}/a`, 'a\n'), fileAt(`${dir}/b`, 'b\n', { mode: 0o600 })]);
    const plan = await planHere(local, wanted);
    expect(pendingLines(plan)).toEqual(['directory + create', 'file + create', 'file + create']);
    expect(existsSync(dir)).toBe(false);

    expect(await applyPlanned(local, plan)).toBe(3);
    expect(readFileSync(`${dir}/b`, 'utf8')).toBe('b\n');
    // One probe per kind; then the log is opened, three changes, and both probes again.
    expect(local.connection.history).toEqual([
      ['facts', 'probe:directory', 'probe:file'],
      ['audit', 'apply:0', 'apply:1', 'apply:2', 'probe:directory', 'probe:file'],
    ]);
    expect(local.lines).toEqual(['box ✓ demo: 3 changed']);

    const again = await planHere(local, wanted);
    expect(pendingLines(again)).toEqual([]);
    expect(await applyPlanned(local, again)).toBe(0);
    expect(local.connection.executions).toBe(3);
  });

  it.each<[what: string, spoil: (dir: string) => void, expected: string[]]>([
    ['content', (dir) => writeFileSync(`${dir}/a`, 'mine'), ['file ~ content']],
    ['mode', (dir) => chmodSync(`${dir}/a`, 0o666), ['file ~ mode 0666 → 0644']],
    ['a file that is gone', (dir) => rmSync(`${dir}/a`), ['file + create']],
    ['the mode of the folder', (dir) => chmodSync(dir, 0o700), ['directory ~ mode 0700 → 0755']],
    ['all of it', (dir) => rmSync(dir, { recursive: true }), ['directory + create', 'file + create', 'file + create']],
  ])('drift is found and mended: %s', async (_what, spoil, expected) => {
    const local = localHost();
    const dir = fresh();
    const wanted = wantedOf([dirAt(dir), fileAt(`${dir}/a`, 'a\n'), fileAt(`${dir}/b`, 'b\n')]);
    await applyPlanned(local, await planHere(local, wanted));
    spoil(dir);
    const plan = await planHere(local, wanted);
    expect(pendingLines(plan)).toEqual(expected);
    expect(await applyPlanned(local, plan)).toBe(expected.length);
    expect(pendingLines(await planHere(local, wanted))).toEqual([]);
  });

  it('knows what one execution says of the host', async () => {
    const { facts } = await planHere(localHost(), []);
    expect(facts.architecture).toMatch(/^(x86_64|aarch64)$/);
    expect(facts.cores).toBeGreaterThan(0);
    expect(facts.memory).toBeGreaterThan(2 ** 27);
  });
});

describe('what cannot be read yet', () => {
  it('is planned as known after, read once its need is met, and changed in the next wave', async () => {
    const local = localHost();
    const path = fresh();
    const wanted = wantedOf([fileAt(path, 'first\n'), lineIn({ path, line: 'second' })]);
    const plan = await planHere(local, wanted.slice(1));
    expect(pendingLines(plan)).toEqual([`line ? ${path}`]);
    expect(planText([plan], false)).toContain(`(known after ${path})`);

    const whole = await planHere(local, wanted);
    expect(pendingLines(whole)).toEqual(['file + create', `line ? ${path}`]);
    expect(await applyPlanned(local, whole)).toBe(2);
    expect(readFileSync(path, 'utf8')).toBe('first\nsecond\n');
    expect(local.connection.history.slice(2)).toEqual([
      ['audit', 'apply:0', 'probe:file', 'probe:line'],
      ['audit', 'apply:0', 'probe:line'],
    ]);
  });

  it('is not changed where it turns out to be as wanted', async () => {
    const local = localHost();
    const path = fresh();
    const plan = await planHere(local, wantedOf([fileAt(path, 'first\nsecond\n'), lineIn({ path, line: 'second' })]));
    expect(await applyPlanned(local, plan)).toBe(1);
    expect(local.connection.history.at(-1)).toEqual(['audit', 'apply:0', 'probe:file', 'probe:line']);
  });

  it('is read again for a later play as well', async () => {
    const local = localHost();
    const path = fresh();
    const plan = await planHere(local, [
      ...wantedOf([fileAt(path, 'first\n')], 0),
      ...wantedOf([lineIn({ path, line: 'second' })], 1),
    ]);
    expect(await applyPlanned(local, plan, 0)).toBe(1);
    expect(pendingLines(plan)).toEqual(['line ~ add']);
    expect(await applyPlanned(local, plan, 1)).toBe(1);
    expect(pendingLines(plan)).toEqual([]);
  });

  it('and that nothing provides is a failure', async () => {
    const local = localHost();
    const path = fresh();
    const plan = await planHere(local, wantedOf([lineIn({ path, line: 'x' })]));
    await expect(applyPlanned(local, plan)).rejects.toMatchObject({
      code: 'apply-failed',
      message: `its state cannot be read without ${path}, and nothing in this play provides it`,
      context: { host: 'box', role: 'demo', resource: `line x in ${path}` },
    });
  });
});

describe('what is reached from the controller', () => {
  interface Shelf {
    items: string[];
    asked: number;
  }
  const shelfKind = (shelf: Shelf): ControllerKind<string, string[]> => ({
    where: 'controller',
    name: 'shelf',
    after: 'demo',
    async observe() {
      shelf.asked += 1;
      return [...shelf.items];
    },
    decide: (item, items) => (items.includes(item) ? OK : { state: 'change', action: '+', summary: `put ${item}` }),
    async perform(item) {
      shelf.items.push(item);
    },
  });

  it('is not asked while the role it builds on is not as wanted, and once it is', async () => {
    const local = localHost();
    const shelf: Shelf = { items: [], asked: 0 };
    const path = fresh();
    const put = resourceOf(shelfKind(shelf), (item) => item);
    const wanted = [...wantedOf([fileAt(path, 'x')], 0, 'demo'), ...wantedOf([put('book')], 1, 'shelves')];
    const plan = await planHere(local, wanted);
    expect(pendingLines(plan)).toEqual(['file + create', 'shelf ? demo']);
    expect(shelf.asked).toBe(0);

    await applyPlanned(local, plan, 0);
    expect(await applyPlanned(local, plan, 1)).toBe(1);
    expect(shelf.items).toEqual(['book']);
    // Observed before and after.
    expect(shelf.asked).toBe(2);
    expect(pendingLines(await planHere(local, wanted))).toEqual([]);
  });

  it('a change of it that does not hold is a failure too', async () => {
    const local = localHost();
    const shelf: Shelf = { items: [], asked: 0 };
    const lossy = resourceOf({ ...shelfKind(shelf), async perform() {} }, (item) => item);
    const plan = await planHere(local, wantedOf([lossy('book')], 0, 'shelves'));
    await expect(applyPlanned(local, plan)).rejects.toMatchObject({
      code: 'verify-failed',
      message: 'changed, but the host still differs: put book',
    });
  });
});
