import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/folder.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;

/** What a person sees who types `npx zx scripts/NAME.mjs …`. The scripts need nothing of zx to refuse a word: node is quicker. */
function type(script: string, ...words: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [`scripts/${script}.mjs`, ...words], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

describe.concurrent('words that a script does not know are errors, never ignored', () => {
  it.each<[words: string[], lines: string[]]>([
    [
      ['--limt', 'ws-1'],
      [
        'usage: unknown flag "--limt"; did you mean "--limit"?',
        '  next: npx zx scripts/plan.mjs --help',
        'exit code 3',
      ],
    ],
    [
      ['--env', 'sandbx'],
      [
        'inventory-missing: inventory/sandbx.yml: unknown environment "sandbx"; did you mean "sandbox"?',
        '  next: cp inventory/example.yml inventory/sandbx.yml',
        'exit code 3',
      ],
    ],
    [
      ['--env'],
      [
        expect.stringContaining("usage: Option '--env <value>' argument missing"),
        '  next: npx zx scripts/plan.mjs --help',
        'exit code 3',
      ] as string[],
    ],
    [['prod'], ['usage: "prod" is one word too many', '  next: npx zx scripts/plan.mjs --help', 'exit code 3']],
    [[], ['usage: which environment? give --env NAME', '  next: ls inventory/', 'exit code 3']],
  ])('plan %j', async (words, lines) => {
    const { code, err, out } = await type('plan', ...words);
    expect(err.trim().split('\n')).toEqual(lines);
    expect(code).toBe(3);
    expect(out).toBe('');
  });

  it('--help tells the flags, on standard output', async () => {
    const { code, out } = await type('deploy', '--help');
    expect(code).toBe(0);
    for (const flag of [
      '--env NAME',
      '--limit HOSTS',
      '--tags ROLES',
      '--check',
      '--diff',
      '--yes',
      '--json',
      '--verbose',
      '--help',
    ])
      expect(out).toContain(`  ${flag}`);
  });
});

describe('with --json', () => {
  const folder = temporaryFolder();
  it.each([
    ['a wrong word', ['--envv', 'prod']],
    ['an environment that is not there', ['--env', 'nowhere']],
  ])('%s is an event, and standard output holds nothing else', async (what, words) => {
    const typed = await type('verify', ...words, '--json');
    const events = typed.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ type }) => type)).toEqual(['run-started', 'failed', 'run-ended']);
    expect(events.at(-1)).toMatchObject({ exit: 3 });
    expect(typed.code).toBe(3);

    // What is told to a person is the same with it, without it, and when it is replayed.
    const plain = await type('verify', ...words);
    const file = join(folder, `${what}.jsonl`);
    writeFileSync(file, typed.out);
    const replayed = await type('replay', file);
    expect(typed.err).toBe(plain.err);
    expect(replayed).toEqual({ code: 0, out: plain.out, err: plain.err });
  });
});
