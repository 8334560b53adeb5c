import { describe, expect, it } from 'vitest';
import { attempt, CommandError, lastLines, run } from '#engine/local/command.ts';

describe('attempt', () => {
  const table: [string, string[], { status: number; stdout?: string; stderr?: string }][] = [
    ['success', ['printf', 'a b'], { status: 0, stdout: 'a b' }],
    [
      'arguments are not split or expanded',
      ['printf', '%s|', '$HOME', 'a  b', '*'],
      { status: 0, stdout: '$HOME|a  b|*|' },
    ],
    ['a status', ['sh', '-c', 'echo why >&2; exit 3'], { status: 3, stderr: 'why\n' }],
    ['a program that is not there', ['no-such-program'], { status: 127 }],
    ['a program that was killed', ['sh', '-c', 'kill -9 $$'], { status: 137 }],
  ];
  it.each(table)('%s', async (_, [file = '', ...args], expected) => {
    expect(await attempt(file, args)).toMatchObject(expected);
  });

  it('hands input over, and judges a program that does not read it by its status', async () => {
    expect((await attempt('cat', [], { input: 'hello' })).stdout).toBe('hello');
    expect((await attempt('true', [], { input: 'x'.repeat(1_000_000) })).status).toBe(0);
  });

  it('kills at the deadline', async () => {
    const started = performance.now();
    expect((await attempt('sleep', ['30'], { deadlineMs: 100 })).status).toBe(137);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('reports whole lines, however they arrive', async () => {
    const lines: string[] = [];
    await attempt('sh', ['-c', 'printf on; printf "e\\ntwo\\n\\n"'], { onLine: (line) => lines.push(line) });
    expect(lines).toEqual(['one', 'two']);
  });
});

describe('run', () => {
  it('throws with the command, the status and the last lines', async () => {
    const failed = await run('sh', ['-c', 'seq 1 30; exit 4']).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(CommandError);
    const { code, context } = failed as CommandError;
    expect(code).toBe('local-command-failed');
    expect(context).toMatchObject({ exitStatus: 4, command: 'sh -c seq 1 30; exit 4' });
    expect(context.lastLines?.split('\n')).toHaveLength(20);
  });

  it('drops the final newline', async () => expect(await run('echo', ['x'])).toBe('x'));
});

it('last lines leave blank ones out', () => expect(lastLines('a\n\n b\n\nc\n', 2)).toBe(' b\nc'));
