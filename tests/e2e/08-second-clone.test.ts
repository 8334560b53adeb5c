import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { loadInventoryFile } from '#engine/inventory/load.ts';
import { schemasOf } from '#engine/run.ts';
import { roles } from '#playbooks/deploy.ts';
import { identityFile } from '#providers/sandbox/identity.ts';
import { temporaryFolder } from '../support/folder.ts';
import { cloneTo } from './support/clone.ts';
import { addresses } from './support/hosts.ts';
import { ENV, HOSTS, INVENTORY, type KitOptions, kit } from './support/kit.ts';
import { loginFolders } from './support/logins.ts';
import { changesIn } from './support/plan.ts';
import { expectRefusal } from './support/refusal.ts';
import { snapshot, touched } from './support/snapshot.ts';

const folder = temporaryFolder();
const root = join(folder, 'clone');
const noLogins = loginFolders();

beforeAll(() => cloneTo(root));

async function plansNoChange(options: KitOptions): Promise<void> {
  const plan = await kit('plan', ['--diff', '--detailed-exitcode'], { root, ...options });
  expect(plan.code, plan.text).toBe(0);
  expect(changesIn(plan.text)).toEqual([]);
  expect(plan.text).toContain('Nothing to change.');
}

test('on the machine of the sandbox it plans no change', async () => {
  const inventory = join(folder, 'inventory');
  cpSync(INVENTORY, inventory, { recursive: true });
  await plansNoChange({ inventory });
});

describe('on a machine that has never seen the sandbox, with an SSH key and the addresses', () => {
  const inventory = join(folder, 'elsewhere');
  /** No state, no cache, no connection of the first clone. */
  const nothing = join(folder, 'home');
  let elsewhere: KitOptions;

  beforeAll(async () => {
    elsewhere = {
      root,
      inventory,
      env: {
        HOME: nothing,
        XDG_STATE_HOME: join(nothing, 'state'),
        XDG_CACHE_HOME: join(nothing, 'cache'),
        ...noLogins(),
      },
    };
    mkdirSync(nothing);
    mkdirSync(inventory);
    const key = join(nothing, 'id_ed25519');
    cpSync(identityFile(ENV), key);
    // The same environment, in the words of an operator whose hosts are somewhere.
    const { hosts, network, vars } = loadInventoryFile(INVENTORY, ENV, schemasOf(roles));
    const known = await addresses();
    const file = {
      provider: 'static',
      ssh: { identity_file: key },
      network,
      images: { from: 'build' },
      vars,
      hosts: Object.fromEntries(HOSTS.map((host) => [host, { ...hosts[host], address: known[host] }])),
    };
    writeFileSync(join(inventory, `${ENV}.yml`), stringify(file));
  });

  test('hosts whose keys nobody has compared are not talked to', async () => {
    const plan = await kit('plan', [], elsewhere);
    expectRefusal(plan, {
      code: 'host-key-unknown',
      exit: 4,
      says: HOSTS.map((host) => new RegExp(`^host-key-unknown: ${host}: `, 'm')),
    });
  });

  test('once the keys are pinned it plans no change', async () => {
    const trust = await kit('trust', ['--yes'], elsewhere);
    expect(trust.code, trust.text).toBe(0);
    expect(existsSync(join(inventory, `${ENV}.known_hosts`))).toBe(true);
    await plansNoChange(elsewhere);
  });

  test('and its deploy passes the gate without writing anything', async () => {
    const before = await snapshot();
    const deploy = await kit('deploy', ['--yes', '--detailed-exitcode'], elsewhere);
    expect(deploy.code, deploy.text).toBe(0);
    expect(deploy.text).toContain('every topic arrives through every instance');
    expect(touched(before, await snapshot())).toEqual([]);
  });
});
