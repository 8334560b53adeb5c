import { describe, expect, it } from 'vitest';
import type { ServiceArgs } from '#engine/resources/systemd.ts';
import type { UserArgs } from '#engine/resources/user.ts';
import { baseline } from '#roles/baseline/role.ts';
import { registry } from '#roles/registry/role.ts';
import { inventoryOf, sandboxInventory } from '../support/inventory.ts';
import { FACTS } from '../support/kind.ts';
import { fileText, resourcesOf } from '../support/roles.ts';

const withSsh = (ssh: string): ReturnType<typeof inventoryOf> =>
  inventoryOf(`provider: sandbox\nhosts: { b: { groups: [backend] } }\nnetwork: {}\nssh: ${ssh}\n`);

it.each([
  ['{}', 'odin', '/root/.ssh/authorized_keys'],
  ['{ user: deploy }', 'deploy', '/root/.ssh/authorized_keys'],
  ['{ bootstrap_user: ubuntu }', 'odin', '/home/ubuntu/.ssh/authorized_keys'],
])('ssh %s: the user %s gets the keys of %s', (ssh, name, keysFrom) => {
  const inventory = withSsh(ssh);
  const user = resourcesOf(baseline, inventory, 'b').find(({ kind }) => kind.name === 'user');
  expect(user?.args as UserArgs).toEqual({ name, keysFrom });
  expect(fileText(baseline, inventory, 'b', `/etc/sudoers.d/60-${name}`)).toBe(`${name} ALL=(ALL) NOPASSWD: ALL\n`);
});

it('a sudoers file that sudo would not take never takes effect', () => {
  const sudoers = resourcesOf(baseline, sandboxInventory(), 'ws-1').find(
    ({ id }) => id === 'file /etc/sudoers.d/60-odin',
  );
  expect(sudoers?.args).toMatchObject({ mode: 0o440, validate: 'visudo -cqf' });
});

it('kernel settings are in force and outlive a reboot', () => {
  const inventory = inventoryOf(
    'provider: sandbox\nhosts: { b: { groups: [backend] } }\nnetwork: {}\nvars: { baseline: { sysctl: { vm.swappiness: "1" } } }\n',
  );
  const ids = resourcesOf(baseline, inventory, 'b').map(({ id }) => id);
  expect(ids).toContain('sysctl vm.swappiness');
  expect(fileText(baseline, inventory, 'b', '/etc/sysctl.d/60-odin.conf')).toBe('vm.swappiness = 1\n');
});

describe('the clock', () => {
  const clock = resourcesOf(baseline, sandboxInventory(), 'ws-1').find(({ id }) => id.includes('timesyncd.service'));
  const running = (clock?.args as ServiceArgs | undefined)?.running;
  it.each([
    [false, true],
    [true, false],
  ])('inside a container: %s, kept: %s', (container, kept) => {
    expect(typeof running === 'function' && running({ ...FACTS, container })).toBe(kept);
  });
});

it('the registry listens on the internal address, asks for a password, and is configured before it is installed', () => {
  const inventory = sandboxInventory();
  const text = fileText(registry, inventory, 'backend-1', '/etc/docker/registry/config.yml');
  expect(text).toContain('addr: 10.77.0.11:5000\n');
  expect(text).toContain('path: /etc/docker/registry/htpasswd\n');
  const ids = resourcesOf(registry, inventory, 'backend-1').map(({ id }) => id);
  expect(ids.indexOf('file /etc/docker/registry/config.yml')).toBeLessThan(
    ids.findIndex((id) => id.startsWith('apt.packages')),
  );
});
