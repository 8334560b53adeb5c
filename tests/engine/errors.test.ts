import { describe, expect, it } from 'vitest';
import { describeError, ERRORS, type ErrorContext, type ErrorName, KitError } from '#engine/errors.ts';

describe('an error as lines', () => {
  it.each<[what: string, context: ErrorContext, lines: string[]]>([
    ['alone', {}, ['apply-failed: it failed']],
    [
      'where',
      { host: 'ws-1', role: 'docker', resource: 'file /etc/x' },
      ['apply-failed: ws-1 · docker · file /etc/x: it failed'],
    ],
    ['some of where', { resource: 'file /etc/x' }, ['apply-failed: file /etc/x: it failed']],
    [
      'everything',
      { host: 'ws-1', command: 'create', exitStatus: 3, lastLines: 'one\n  two\n\n', next: 'make plan' },
      [
        'apply-failed: ws-1: it failed',
        '  command: create',
        '  exit status: 3',
        '  last lines:',
        '    one',
        '      two',
        '  next: make plan',
      ],
    ],
    ['an exit status of zero', { exitStatus: 0 }, ['apply-failed: it failed', '  exit status: 0']],
    ['no evidence', { lastLines: ' \n', command: '' }, ['apply-failed: it failed']],
  ])('%s', (_what, context, lines) => {
    expect(describeError(new KitError('apply-failed', 'it failed', context)).split('\n')).toEqual(lines);
  });

  it('that is none of ours is a fault of this program, with its stack', () => {
    expect(describeError(new TypeError('x is not a function'))).toMatch(
      /^internal: TypeError: x is not a function\n {4}at /,
    );
    expect(describeError('thrown text')).toBe('internal: thrown text');
  });
});

it.each(Object.entries(ERRORS).map(([name, { exit }]) => [name, exit] as const))('%s exits %i', (name, exit) => {
  expect(new KitError(name as ErrorName, 'x').exit).toBe(exit);
});
