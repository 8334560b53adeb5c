import { beforeEach, describe, expect, test } from 'vitest';
import { lineReporter } from '#engine/report/reporter.ts';
import { runUnlock } from '#playbooks/unlock.ts';
import { providers } from '#providers/providers.ts';
import { until } from '../support/wait.ts';
import { plan } from './support/book.ts';
import { byHand, ENV, LONG } from './support/box.ts';
import type { Item } from './support/items.ts';
import { PLACES } from './support/kinds.ts';
import { expire, fromElsewhere, holderOf, leaseOf } from './support/lock.ts';
import { arm, letGo, reached } from './support/places.ts';
import { deploy, type Running, says, start } from './support/process.ts';

const BOX = 'box-2';
const PATH = '/opt/odin-test/locked';
/** As engine/lock/shell.ts has it: nobody is kept out for longer by a run that is gone. */
const LEASE_S = 45;

/** A run that is held at the gate before it writes `text`. */
const held = (text: string): Item[] => [
  { kind: 'gate', args: { name: 'first' } },
  { kind: 'file', args: { path: PATH, content: text } },
];
/** A run that is held on the controller's side, between two executions. */
const heldHere = (text: string): Item[] => [
  { kind: 'file', args: { path: `${PLACES}/first-wave`, content: text } },
  { kind: 'controllerGate', args: { name: 'here', signal: 'SIGSTOP' } },
  { kind: 'file', args: { path: PATH, content: text } },
];
const direct = (text: string): Item[] => [{ kind: 'file', args: { path: PATH, content: text } }];
const text = (): Promise<string> => byHand(BOX, `cat ${PATH} 2>/dev/null || :`);

beforeEach(async () => {
  await byHand(BOX, `rm -rf ${PATH} /run/odin`);
  await arm(BOX, 'first');
});

async function atTheGate(content: string): Promise<Running> {
  const running = start({ [BOX]: held(content) });
  await reached(BOX, 'first');
  return running;
}

describe('two controllers at once', () => {
  test('exactly one proceeds; the other names who, what and since when, and exits 7', async () => {
    const first = await atTheGate('first');
    const second = await deploy({ [BOX]: direct('second') }, ['--yes']);
    expect(second.code, second.text).toBe(7);
    expect(second.text).toMatch(
      /locked: box-2: \S+@\S+ is at work here: controller --env engine .*--yes, since 20\d\d-[\d:.T-]+Z/,
    );
    await letGo(BOX);
    const ended = await first.ended;
    expect(ended.code, ended.text).toBe(0);
    expect(await text()).toBe('first');
    expect(await holderOf(BOX)).toBeUndefined();
  });

  test('started in the same moment: one changes the host, the others change nothing', async () => {
    const all = ['a', 'b', 'c'].map((name) => ({ name, running: start({ [BOX]: held(name) }) }));
    await reached(BOX, 'first');
    await until('all but one give up', () => all.filter(({ running }) => running.child.exitCode === 7).length === 2, {
      ms: 60_000,
      seen: () => all.map(({ running }) => running.text().slice(-300)),
    });
    await letGo(BOX);
    const ended = await Promise.all(all.map(async ({ name, running }) => ({ name, ...(await running.ended) })));
    const done = ended.filter(({ code }) => code === 0);
    expect(done, JSON.stringify(ended)).toHaveLength(1);
    expect(await text()).toBe(done[0]?.name);
  });

  test('--wait queues, and then proceeds', async () => {
    const first = await atTheGate('first');
    const second = start({ [BOX]: direct('second') }, ['--yes', '--wait', '60']);
    await says(second, /waiting for \S+@\S+: controller --env engine/);
    expect(await text()).toBe('');
    await letGo(BOX);
    expect((await first.ended).code).toBe(0);
    const ended = await second.ended;
    expect(ended.code, ended.text).toBe(0);
    expect(await text()).toBe('second');
  });
});

describe('a holder that stops', () => {
  test('for longer than its lease: another takes over, and when it goes on it changes nothing', async () => {
    const first = start({ [BOX]: heldHere('first') });
    await says(first, 'stopped here');
    expect(await holderOf(BOX)).toContain(` ${first.pid}`);
    await expire(BOX);
    const second = await deploy({ [BOX]: direct('second') });
    expect(second.code, second.text).toBe(0);
    process.kill(first.pid, 'SIGCONT');
    const ended = await first.ended;
    expect(ended.code, ended.text).toBe(7);
    expect(ended.text).toContain('the lock was lost while this run was held up');
    expect(await text()).toBe('second');
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'by %s: the next run on this machine takes over at once',
    async (signal) => {
      const first = start({ [BOX]: heldHere('first') });
      await says(first, 'stopped here');
      process.kill(first.pid, signal);
      process.kill(first.pid, 'SIGCONT');
      expect((await first.ended).code).not.toBe(0);
      const began = Date.now();
      const second = await deploy({ [BOX]: direct('second') });
      expect(second.code, second.text).toBe(0);
      expect(Date.now() - began).toBeLessThan(LEASE_S * 1000);
      expect(await text()).toBe('second');
    },
  );

  test('on another machine: the next run waits for the lease, not longer', async () => {
    const first = start({ [BOX]: heldHere('first') });
    await says(first, 'stopped here');
    await fromElsewhere(BOX);
    process.kill(first.pid, 'SIGKILL');
    await first.ended;
    expect((await leaseOf(BOX)).left).toBeLessThanOrEqual(LEASE_S);
    const refused = await deploy({ [BOX]: direct('second') });
    expect(refused.code, refused.text).toBe(7);
    const second = start({ [BOX]: direct('second') }, ['--yes', '--wait', String(LEASE_S + 15)]);
    await says(second, 'waiting for');
    // Nobody renews it. The long run waits it out.
    if (!LONG) await expire(BOX);
    const ended = await second.ended;
    expect(ended.code, ended.text).toBe(0);
    expect(await text()).toBe('second');
  });
});

describe('clocks', () => {
  test('of controllers and of the host may say anything: a lease lasts as long as it lasts', async () => {
    await byHand(BOX, "printf '#!/bin/sh\\necho 4102444800\\n' >/usr/local/sbin/date; chmod 755 /usr/local/sbin/date");
    try {
      const first = await atTheGate('first');
      const { left } = await leaseOf(BOX);
      expect(left).toBeGreaterThan(LEASE_S / 2);
      expect(left).toBeLessThanOrEqual(LEASE_S);
      for (const years of [-20, 20]) {
        const skewed = {
          NODE_OPTIONS: `--import=${new URL('./support/skew.mjs', import.meta.url)}`,
          SKEW_YEARS: String(years),
        };
        const second = await deploy({ [BOX]: direct('second') }, ['--yes'], { env: skewed });
        expect(second.code, second.text).toBe(7);
      }
      await letGo(BOX);
      expect((await first.ended).code).toBe(0);
      expect(await text()).toBe('first');
    } finally {
      await byHand(BOX, 'rm -f /usr/local/sbin/date');
    }
  });
});

describe('unlock', () => {
  const lines: string[] = [];
  const report = lineReporter((line) => lines.push(line), false);
  const unlock = async (yes: boolean): Promise<string> => {
    lines.length = 0;
    await runUnlock({ env: ENV, limit: BOX, yes }, providers, report).catch((error: unknown) =>
      lines.push(String(error)),
    );
    return lines.join('\n');
  };

  test('says who, what and since when; breaks it when told to; its holder changes nothing from then on', async () => {
    expect(await unlock(false)).toContain('not locked');
    const first = await atTheGate('first');
    expect(await unlock(false)).toMatch(
      /box-2 +\S+@\S+: controller --env engine .*, since 20\S+Z; ends by itself in \d+ s/,
    );
    expect(await holderOf(BOX)).toContain(` ${first.pid}`);
    await unlock(true);
    expect(await holderOf(BOX)).toBeUndefined();
    await letGo(BOX);
    const ended = await first.ended;
    expect(ended.code, ended.text).toBe(7);
    expect(await text()).toBe('');
    expect(await plan({ [BOX]: direct('second') })).toHaveLength(1);
  });
});
