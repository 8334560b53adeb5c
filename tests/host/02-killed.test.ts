import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { plan, run } from './support/book.ts';
import { byHand, LONG } from './support/box.ts';
import type { Item } from './support/items.ts';
import { arm, letGo, reached } from './support/places.ts';
import { killAll, masters, type Running, says, sshOf, start } from './support/process.ts';
import { stateOf } from './support/state.ts';
import { forgetStarts, standAside, standInTheWay, starts, web } from './support/web.ts';

const BOX = 'box-2';
const OLD = 'old\n';
const NEW = 'new\n';

const [confOld, unitOld, serviceOld] = web(OLD) as [Item, Item, Item];
const [confNew, unitNew, serviceNew] = web(NEW) as [Item, Item, Item];

/** What the host is before, and what each step of the wave makes of it. */
const BEFORE: Item[] = [
  { kind: 'directory', args: { path: '/opt/odin-test', mode: 0o700 } },
  { kind: 'sysctl', args: { values: { 'net.core.somaxconn': '1000' } } },
  confOld,
  unitOld,
  serviceOld,
];
const STEPS: Item[] = [
  { kind: 'directory', args: { path: '/opt/odin-test' } },
  { kind: 'sysctl', args: { values: { 'net.core.somaxconn': '2000' } } },
  confNew,
  unitNew,
  serviceNew,
  { kind: 'user', args: { name: 'odin-test', keysFrom: '/root/.ssh/authorized_keys' } },
  { kind: 'file', args: { path: '/opt/odin-test/last', content: 'last\n' } },
];
/** A gate before every step, and one after the last. */
const WAVE: Item[] = [
  ...STEPS.flatMap((step, i): Item[] => [{ kind: 'gate', args: { name: String(i) } }, step]),
  { kind: 'gate', args: { name: String(STEPS.length) } },
];
const CUTS = Array.from({ length: STEPS.length + 1 }, (_, i) => String(i));

/** What a controller loses, and whether it lives to tell. */
const WAYS: Record<string, { lives: boolean; cut(running: Running): Promise<void> }> = {
  'the controller': {
    lives: false,
    async cut(running) {
      killAll([running.pid]);
    },
  },
  'the controller and its ssh': {
    lives: false,
    async cut(running) {
      killAll([running.pid, ...sshOf(running)]);
    },
  },
  'its ssh': {
    lives: true,
    async cut(running) {
      killAll(sshOf(running));
    },
  },
  'the shared connection': {
    lives: true,
    async cut() {
      killAll(masters());
    },
  },
  'the session on the host': {
    lives: true,
    async cut() {
      await byHand(BOX, "pkill -KILL -f '^sshd-session: root'");
    },
  },
};

async function before(): Promise<void> {
  await byHand(
    BOX,
    'if getent passwd odin-test >/dev/null; then userdel -r odin-test 2>/dev/null; fi; rm -f /opt/odin-test/last',
  );
  const { code, text } = await run({ [BOX]: BEFORE });
  expect(code, text).toBe(0);
  await forgetStarts(BOX);
}

let uninterrupted: string;
beforeAll(async () => {
  await byHand(BOX, 'rm -rf /etc/odin-test /opt/odin-test /run/odin-test');
  await before();
  await arm(BOX);
  const { code, text } = await run({ [BOX]: WAVE });
  expect(code, text).toBe(0);
  uninterrupted = await stateOf(BOX, STEPS);
  expect(await starts(BOX)).toEqual(['new']);
});
beforeEach(before);
afterEach(() => letGo(BOX));

/** The run that comes after reaches what an uninterrupted one reaches, and leaves nothing to do. */
async function repaired(): Promise<void> {
  const next = await run({ [BOX]: WAVE });
  expect(next.code, next.text).toBe(0);
  expect(await stateOf(BOX, STEPS)).toBe(uninterrupted);
  expect(await plan({ [BOX]: WAVE })).toEqual([]);
  expect(await starts(BOX)).toEqual(['new']);
}

/** Every place in every way where there is time for it; otherwise every place in one way, and every way at some place. */
const CASES = CUTS.flatMap((place, i) =>
  Object.keys(WAYS)
    .filter((_, j, all) => LONG || i % all.length === j)
    .map((what) => [what, place] as const),
);

test.each(CASES)('%s killed before step %s: the next run finishes it', async (what, place) => {
  const { lives, cut } = WAYS[what] as (typeof WAYS)[string];
  await arm(BOX, place);
  const first = start({ [BOX]: WAVE });
  await reached(BOX, place);
  await cut(first);
  const { code, text } = await first.ended;
  if (lives) expect(code, text).toBe(2);
  if (lives) expect(text).toMatch(/the connection was lost/);
  await letGo(BOX);
  await repaired();
});

describe('a restart that is owed', () => {
  beforeAll(() => standInTheWay(BOX));
  afterAll(() => standAside(BOX));
  const PLACES = ['before-systemctl', 'after-systemctl', 'before-mv', 'after-mv'];

  test.each(PLACES)('happens once when everything dies at %s', async (place) => {
    await arm(BOX, place);
    const first = start({ [BOX]: WAVE });
    await reached(BOX, place);
    killAll([first.pid, ...sshOf(first)]);
    // What runs on the host too, as if it had lost power: every process that came in over SSH.
    await byHand(
      BOX,
      'for p in $(ps -eo pid=,cgroup= | sed -n "s/^ *\\([0-9]*\\) .*session-.*/\\1/p"); do kill -9 "$p" || :; done',
    );
    await first.ended;
    await letGo(BOX);
    await repaired();
  });

  test.each(PLACES)('happens once when only the controller dies at %s, and the host goes on', async (place) => {
    await arm(BOX, place);
    const first = start({ [BOX]: WAVE });
    await reached(BOX, place);
    killAll([first.pid]);
    await first.ended;
    const next = start({ [BOX]: WAVE });
    await says(next, /waiting for what .* began here before it was cut off/);
    await letGo(BOX);
    const ended = await next.ended;
    expect(ended.code, ended.text).toBe(0);
    await repaired();
  });

  test.each(PLACES)('happens once when only the connection dies at %s, and the host goes on', async (place) => {
    await arm(BOX, place);
    const first = start({ [BOX]: WAVE });
    await reached(BOX, place);
    killAll(sshOf(first));
    const { code, text } = await first.ended;
    expect(code, text).toBe(2);
    const next = start({ [BOX]: WAVE });
    await says(next, /waiting for what/);
    await letGo(BOX);
    const ended = await next.ended;
    expect(ended.code, ended.text).toBe(0);
    await repaired();
  });
});
