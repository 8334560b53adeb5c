import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { KitError } from '#engine/errors.ts';
import { run, type Told } from './support/book.ts';
import { type Box, byHand, RUNTIME } from './support/box.ts';
import { box, CONTAINER, ENGINE } from './support/docker.ts';
import type { Item } from './support/items.ts';
import { says, start } from './support/process.ts';
import { everything, stateOf, touched } from './support/state.ts';
import { UNIT, web } from './support/web.ts';

const FILE: Item = { kind: 'file', args: { path: '/etc/odin-test/stale', content: 'wanted\n' } };
const SECRET: Item = {
  kind: 'file',
  args: { path: '/etc/odin-test/secret', content: 'wanted\n', mode: 0o600, secret: true },
};
const DIRECTORY: Item = { kind: 'directory', args: { path: '/opt/odin-test/stale-dir' } };
const FOLDER: Item = {
  kind: 'folder',
  args: { path: '/opt/odin-test/stale-folder', files: { a: { content: 'wanted\n' } }, strays: 'delete' },
};
const SYSCTL: Item = { kind: 'sysctl', args: { values: { 'net.core.somaxconn': '2048' } } };
const USER: Item = { kind: 'user', args: { name: 'odin-stale', keysFrom: '/root/.ssh/authorized_keys' } };
const PACKAGES: Item = { kind: 'packages', args: { names: ['hello'] } };

interface Case {
  host?: Box;
  wanted: Item[];
  /** The host when the plan is made, and what somebody does to it before it is applied. */
  before: string;
  moved: string;
}

const noFile = 'rm -rf /etc/odin-test/stale';
const otherFile = 'mkdir -p /etc/odin-test; rm -rf /etc/odin-test/stale; echo other >/etc/odin-test/stale';

const CASES: Record<string, Case> = {
  'file, which was not there': { wanted: [FILE], before: noFile, moved: otherFile },
  'file, which was another': { wanted: [FILE], before: otherFile, moved: 'echo third >/etc/odin-test/stale' },
  'file, gone by now': { wanted: [FILE], before: otherFile, moved: noFile },
  'file, of somebody else': { wanted: [FILE], before: otherFile, moved: 'chown nobody /etc/odin-test/stale' },
  'file, as wanted by now': { wanted: [FILE], before: otherFile, moved: 'echo wanted >/etc/odin-test/stale' },
  'file that is a secret': {
    wanted: [SECRET],
    before: 'rm -f /etc/odin-test/secret',
    moved: 'echo other >/etc/odin-test/secret; chmod 600 /etc/odin-test/secret',
  },
  'file that was as wanted when the plan was made': {
    wanted: [FILE, SYSCTL],
    before:
      'mkdir -p /etc/odin-test; rm -rf /etc/odin-test/stale; echo wanted >/etc/odin-test/stale; chmod 644 /etc/odin-test/stale; sysctl -q -w net.core.somaxconn=128',
    moved: 'echo other >/etc/odin-test/stale',
  },
  directory: {
    wanted: [DIRECTORY],
    before: 'rm -rf /opt/odin-test/stale-dir',
    moved: 'mkdir -p /opt/odin-test/stale-dir; chmod 700 /opt/odin-test/stale-dir',
  },
  'folder, in which something new lies': {
    wanted: [FOLDER],
    before:
      'mkdir -p /opt/odin-test/stale-folder; rm -f /opt/odin-test/stale-folder/*; echo 1 >/opt/odin-test/stale-folder/stray',
    moved: 'echo 2 >/opt/odin-test/stale-folder/precious',
  },
  sysctl: {
    wanted: [SYSCTL],
    before: 'sysctl -q -w net.core.somaxconn=128',
    moved: 'sysctl -q -w net.core.somaxconn=256',
  },
  'service, started by somebody': {
    wanted: web('one\n'),
    before: `systemctl stop ${UNIT} 2>/dev/null || :`,
    moved: `systemctl start ${UNIT}`,
  },
  user: {
    wanted: [USER],
    before: 'userdel -r odin-stale 2>/dev/null || :',
    moved: 'useradd --create-home odin-stale',
  },
  packages: {
    wanted: [PACKAGES],
    before: 'apt-mark -q unhold hello >/dev/null; apt-get -qq -y purge hello >/dev/null 2>&1 || :',
    moved: 'apt-get -qq -y install hello >/dev/null 2>&1',
  },
  'stack, whose container somebody made': {
    host: 'box-1',
    wanted: box('one\n'),
    before: `docker rm -f ${CONTAINER} >/dev/null 2>&1 || :; rm -rf /opt/odin/odin-test`,
    moved: `docker run -d --name ${CONTAINER} --network none odin-test/busybox:1 /usr/bin/busybox sleep 100000 >/dev/null`,
  },
};

const path = join(RUNTIME, 'plan.json');

function refused({ error, text }: Told): void {
  expect(error, text).toBeInstanceOf(KitError);
  expect(error).toMatchObject({ code: 'plan-stale', exit: 5 });
}

beforeAll(async () => {
  const engine = await run({ 'box-1': ENGINE });
  expect(engine.code, engine.text).toBe(0);
  const service = await run({ 'box-2': web('one\n') });
  expect(service.code, service.text).toBe(0);
});

describe.each(Object.entries(CASES))('a saved plan: %s', (_what, { host = 'box-2', wanted, before, moved }) => {
  test('is refused once the host has moved on, and nothing is touched', async () => {
    await byHand(host, before);
    const planned = await run({ [host]: wanted }, { check: true, out: path });
    expect(planned.code, planned.text).toBe(0);
    await byHand(host, moved);
    const [files, state] = [await everything(host), await stateOf(host, wanted)];
    const told = await run({ [host]: wanted }, { plan: path, yes: false });
    refused(told);
    expect(told.made).toEqual([]);
    expect(touched(files, await everything(host))).toEqual([]);
    expect(await stateOf(host, wanted)).toBe(state);
  });

  test('is applied exactly as it is while the host has not', async () => {
    await byHand(host, before);
    const { planned } = await run({ [host]: wanted }, { check: true, out: path });
    expect(planned).not.toEqual([]);
    const told = await run({ [host]: wanted }, { plan: path, yes: false });
    expect(told.code, told.text).toBe(0);
    expect(told.made).toEqual(planned);
    expect((await run({ [host]: wanted }, { check: true })).planned).toEqual([]);
  });
});

test('a saved plan is its owner’s alone and holds no text of a file', async () => {
  await byHand('box-2', `rm -f /etc/odin-test/secret\n${noFile}`);
  await run({ 'box-2': [SECRET, FILE] }, { check: true, out: path });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'utf8')).not.toMatch(/wanted\\n/);
});

describe('a plan that was shown, and then confirmed on a terminal', () => {
  const shown = async (): Promise<ReturnType<typeof start>> => {
    await byHand('box-2', noFile);
    const running = start({ 'box-2': [FILE] }, [], { terminal: true });
    await says(running, 'Type the name of the environment');
    return running;
  };

  test('is refused when the host moved on in between', async () => {
    const running = await shown();
    await byHand('box-2', otherFile);
    const files = await everything('box-2');
    running.child.stdin?.write('engine\n');
    const ended = await running.ended;
    expect(ended.code, ended.text).toBe(5);
    expect(ended.text).toContain('plan-stale: box-2');
    expect(touched(files, await everything('box-2'))).toEqual([]);
  });

  test('is applied when it did not', async () => {
    const running = await shown();
    running.child.stdin?.write('engine\n');
    const ended = await running.ended;
    expect(ended.code, ended.text).toBe(0);
    expect(await byHand('box-2', 'cat /etc/odin-test/stale')).toBe('wanted');
  });

  test('is dropped by another answer', async () => {
    const running = await shown();
    running.child.stdin?.write('prod\n');
    const ended = await running.ended;
    expect(ended.code, ended.text).toBe(3);
    expect(await byHand('box-2', 'ls /etc/odin-test')).not.toContain('stale');
  });
});
