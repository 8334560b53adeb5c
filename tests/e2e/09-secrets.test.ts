import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { byHand } from './support/hosts.ts';
import { inventoryCopies } from './support/inventory.ts';
import { kit, type Ran } from './support/kit.ts';
import { filesWith, inspected, type Watch, watchArguments } from './support/watch.ts';

const NAME = 'SENTINEL_TOKEN';
const STORE = '/etc/odin/secrets.env';
const KEPT = [`backend-1 600 ${STORE}`];

const folder = temporaryFolder();
const copies = inventoryCopies();
const made = (): string => `sentinel-${randomBytes(12).toString('hex')}`;
const [first, second] = [made(), made()];
/** What nobody may see: the operator's own secret, before and after it changed, and the one that the kit made up. */
const secrets = [first, second];
let inventory: string;
let watch: Watch;

function give(value: string): void {
  copies.secrets(inventory, `${NAME}=${value}\n`);
}

/** The value that the hosts keep. */
async function stored(): Promise<string | undefined> {
  return new RegExp(`^${NAME}=(.+)$`, 'm').exec(await byHand('backend-1', `cat ${STORE}`))?.[1];
}

/** No secret in what a run printed, nor anywhere on the hosts but in the store; something was printed at all. */
async function keptToItself({ text }: Ran): Promise<void> {
  expect(text.length).toBeGreaterThan(100);
  for (const secret of secrets) expect(text.includes(secret), text.replaceAll(secret, '***')).toBe(false);
  expect(await filesWith(secrets)).toEqual(KEPT);
}

beforeAll(async () => {
  inventory = copies.with({ secrets: [NAME] });
  const generated = /^REGISTRY_PASSWORD=(.+)$/m.exec(await byHand('backend-1', `cat ${STORE}`))?.[1];
  if (!generated) throw new Error('the kit has made up no password');
  secrets.push(generated);
  watch = watchArguments(secrets);
});
afterAll(async () => {
  watch.stop();
  await byHand('backend-1', `rm -f /usr/local/sbin/sync ${STORE}.*; sed -i /^${NAME}=/d ${STORE}`);
  const repaired = await kit('deploy', ['--yes', '--detailed-exitcode']);
  expect([0, 10], repaired.text).toContain(repaired.code);
});

describe('at --verbose, no value of a secret is seen', () => {
  test('in a plan that would store it, nor in the file that the plan is saved to', async () => {
    give(first);
    const out = join(folder, 'plan.json');
    const plan = await kit('plan', ['--verbose', '--diff', '--out', out], { inventory });
    expect(plan.code, plan.text).toBe(0);
    expect(plan.text).toContain(`store ${NAME}`);
    for (const secret of secrets) {
      expect(plan.text).not.toContain(secret);
      expect(readFileSync(out, 'utf8')).not.toContain(secret);
    }
  });

  test('in a deploy that stores it, and pulls an image with the password of the registry', async () => {
    await byHand(
      'ws-1',
      'i=$(docker inspect -f "{{.Config.Image}}" odin-ws); docker rm -f odin-ws >/dev/null; docker image rm -f "$i" >/dev/null',
    );
    const deploy = await kit('deploy', ['--yes', '--verbose', '--diff'], { inventory });
    expect(deploy.code, deploy.text).toBe(0);
    expect(deploy.text).toMatch(/docker\.image \S+ws-server\S* +pull/);
    await keptToItself(deploy);
    expect(await stored()).toBe(first);
  });

  test('in a deploy that fails while it stores another value', async () => {
    give(second);
    // The change of the store flushes what it wrote.
    await byHand(
      'backend-1',
      "printf '#!/bin/sh\\necho no space; exit 1\\n' >/usr/local/sbin/sync; chmod 755 /usr/local/sbin/sync",
    );
    const deploy = await kit('deploy', ['--yes', '--verbose', '--diff'], { inventory });
    await byHand('backend-1', 'rm -f /usr/local/sbin/sync');
    expect(deploy.code, deploy.text).toBe(2);
    expect(deploy.text).toContain('apply-failed: backend-1 · secrets');
    await keptToItself(deploy);
  });

  test('in a stream of events, while the value changes', async () => {
    const deploy = await kit('deploy', ['--yes', '--verbose', '--diff', '--json'], { inventory });
    expect(deploy.code, deploy.text).toBe(0);
    expect(deploy.text).toContain(`${NAME} changed`);
    await keptToItself(deploy);
    expect(await stored()).toBe(second);
  });

  test('in a command that is run by hand, nor where the command prints a secret of the operator', async () => {
    const uptime = await kit('exec', ['--limit', 'all', '--verbose', '--', 'uptime; ps axo args; env'], { inventory });
    expect(uptime.code, uptime.text).toBe(0);
    await keptToItself(uptime);
    const shown = await kit('exec', ['--limit', 'backend', '--verbose', '--', `cat ${STORE}`], { inventory });
    expect(shown.text).not.toContain(second);
  });

  test('in what Docker tells of containers and images', async () => {
    const text = await inspected();
    expect(text).toContain('odin-broker');
    for (const secret of secrets) expect(text.includes(secret)).toBe(false);
  });

  test('in the arguments of any process, here or on a host, at any time meanwhile', () => {
    expect([...watch.hits]).toEqual([]);
    expect(watch.looks).toBeGreaterThan(100);
    console.log(`every process was looked at ${watch.looks} times`);
  });
});
