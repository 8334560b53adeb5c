import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { leadsElsewhere } from '#engine/transport/route.ts';
import { temporaryFolder } from '../../support/folder.ts';

const folder = temporaryFolder();

it.each([
  ['', false],
  ['Host *\n  User odin\n  IdentityFile ~/.ssh/id\n', false],
  ['Host ws-*\n  ProxyJump jump\n', true],
  ['Host ws-*\n  proxyjump=jump\n', true],
  ['ProxyCommand gcloud compute start-iap-tunnel %h %p\n', true],
  ['Host lan-*\n  ProxyJump none\n', false],
  ['#   ProxyCommand ssh -q -W %h:%p gateway\n', false],
  ['Include ~/.ssh/parts/*\n', true],
])('%j: %s', (text, expected) => {
  const file = join(folder, 'config');
  writeFileSync(file, text);
  expect(leadsElsewhere(file)).toBe(expected);
});

it('a configuration that is not there leads nowhere', () => {
  expect(leadsElsewhere(join(folder, 'none'))).toBe(false);
});
