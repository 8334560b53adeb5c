import { expect, it } from 'vitest';
import { Mask } from '#engine/report/mask.ts';

it.each<[what: string, secrets: string[], text: string, masked: string]>([
  ['a value', ['hunter2hunter2'], 'login with hunter2hunter2 failed', 'login with [secret] failed'],
  ['each time', ['hunter2'], 'hunter2 hunter2', '[secret] [secret]'],
  ['a line of a value', ['first line\nsecond line'], 'saw "second line"', 'saw "[secret]"'],
  ['without what a shell strips', ['  hunter2\n'], 'hunter2', '[secret]'],
  ['no word that stands everywhere', ['odin', ''], 'odin deploys', 'odin deploys'],
])('hides %s', (_what, secrets, text, masked) => {
  const mask = new Mask();
  for (const secret of secrets) mask.add(secret);
  expect(mask.apply({ type: 'text', text })).toEqual({ type: 'text', text: masked });
});

it('hides at any depth, and leaves numbers and switches as they are', () => {
  const mask = new Mask();
  mask.add('hunter2');
  const change = { role: 'a', resource: 'file /a', action: '~', summary: 'x', patch: '+hunter2' } as const;
  expect(mask.apply({ type: 'plan', hosts: [{ host: 'ws-1', ok: 1, changes: [change] }], pending: 1 })).toEqual({
    type: 'plan',
    hosts: [{ host: 'ws-1', ok: 1, changes: [{ ...change, patch: '+[secret]' }] }],
    pending: 1,
  });
});
