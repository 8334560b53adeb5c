import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { user } from '#engine/resources/user.ts';
import { decideFrom, FACTS, kindOf, oneLine, probeHere } from '../../support/kind.ts';

const deploy = user({ name: 'odin', keysFrom: '/root/.ssh/authorized_keys' });

describe('what is decided', () => {
  it.each([
    ['none', '+ create with the SSH keys of the first login'],
    ['exists', '~ give the SSH keys of the first login'],
    ['keys', 'ok'],
  ])('%s', (output, decision) => expect(oneLine(decideFrom(deploy, output))).toBe(decision));
});

it('the probe tells who is there on this machine', async () => {
  const [root, nobody] = await probeHere([
    user({ name: 'root', keysFrom: '' }),
    user({ name: 'no-such-user', keysFrom: '' }),
  ]);
  expect(root).toMatchObject({ exists: true });
  expect(nobody).toEqual({ exists: false, hasKeys: false });
});

it('the change keeps keys that are there, and is valid sh', () => {
  const script = kindOf(deploy).apply(deploy.args, { exists: false, hasKeys: false }, FACTS, {});
  expect(script).toMatch(/\[ -s "\$h\/\.ssh\/authorized_keys" \] \|\| install -m 0600/);
  execFileSync('sh', ['-n', '-c', script]);
});
