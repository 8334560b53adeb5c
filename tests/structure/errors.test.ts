import { describe, expect, it } from 'vitest';
import { ERRORS } from '#engine/errors.ts';
import { EXIT_CHANGED } from '#engine/run.ts';
import { type Room, read, source, sources } from '../support/source.ts';

const KIT: readonly Room[] = ['scripts', 'playbooks', 'fleet', 'roles', 'providers', 'engine'];
const TABLE = 'engine/errors.ts';
const NAMES = Object.keys(ERRORS);

/** Rows of the table under a heading of docs/errors.md, cell by cell. */
function rows(heading: string): string[][] {
  const [, below = ''] = read('docs/errors.md').split(`\n## ${heading}\n`);
  const [section = ''] = below.split('\n## ');
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('docs/errors.md', () => {
  it('has the table of engine/errors.ts, line by line', () => {
    const expected = Object.entries(ERRORS).map(([name, { exit, means }]) => [`\`${name}\``, String(exit), means]);
    expect(rows('Errors')).toEqual(expected);
  });

  it('has the exit codes that there are, and no others', () => {
    const documented = rows('Exit codes').map(([code]) => Number(code));
    const used = new Set([0, EXIT_CHANGED, ...Object.values(ERRORS).map(({ exit }) => exit)]);
    expect(documented).toEqual([...used].sort((a, b) => a - b));
  });
});

describe('names in the code', () => {
  const thrown = KIT.flatMap(sources).flatMap((path) => source(path).thrown.map((each) => ({ path, ...each })));

  it('are all in the table', () => {
    expect(thrown.length).toBeGreaterThan(50);
    expect(thrown.filter(({ name }) => !NAMES.includes(name))).toEqual([]);
  });

  it('are all used', () => {
    const said = new Set(
      KIT.flatMap(sources)
        .filter((path) => path !== TABLE)
        .flatMap((path) => source(path).words.map(({ text }) => text)),
    );
    expect(NAMES.filter((name) => !said.has(name))).toEqual([]);
  });
});
