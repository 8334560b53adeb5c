import { describe, expect, it } from 'vitest';
import { filesIn, ROOMS, read, source, sources } from '../support/source.ts';

const MAX_LINES = 300;
const MAX_SCRIPT_LINES = 35;
/** What people write and read; lock files are neither. */
const WRITTEN = /\.(ts|mjs|css|html|sh|yml)$|Dockerfile$/;

const linesOf = (path: string): number => read(path).trimEnd().split('\n').length;

it(`no file is longer than ${MAX_LINES} lines`, () => {
  const long = [...ROOMS, 'inventory']
    .flatMap(filesIn)
    .filter((path) => WRITTEN.test(path) && linesOf(path) > MAX_LINES)
    .map((path) => `${path}: ${linesOf(path)}`);
  expect(long).toEqual([]);
});

it.each(['TSEnumDeclaration', 'TSModuleDeclaration', 'TSParameterProperty', 'TSImportEqualsDeclaration'])(
  'Node runs the sources as they are: no %s',
  (type) => {
    const found = ROOMS.flatMap(sources).flatMap((path) =>
      (source(path).lines.get(type) ?? []).map((line) => `${path}:${line}`),
    );
    expect(found).toEqual([]);
  },
);

describe('scripts and make', () => {
  const scripts = filesIn('scripts').map((path) => path.replace(/^scripts\//, ''));
  const names = scripts.map((file) => file.replace(/\.mjs$/, ''));
  const makefile = read('Makefile');
  const called = [...makefile.matchAll(/\$\(call SCRIPT,([\w-]+)\)/g)].map(([, name = '']) => name);
  /** Targets by name, with the words after `##`. */
  const targets = new Map(
    [...makefile.matchAll(/^([a-z-]+):.*?(?:## (.*))?$/gm)].map(([, name = '', about = '']) => [name, about]),
  );

  it('every entry is a zx script', () => expect(scripts.filter((file) => !file.endsWith('.mjs'))).toEqual([]));

  it('every script that make calls is there', () => expect(called.filter((name) => !names.includes(name))).toEqual([]));

  it('every script has a target, of the same name', () => {
    expect(names.filter((name) => !called.includes(name))).toEqual([]);
    expect(names.filter((name) => !targets.has(name))).toEqual([]);
  });

  it('every target says what it is for', () => {
    expect([...targets].filter(([, about]) => about === '').map(([name]) => name)).toEqual([]);
  });

  describe.each(scripts)('%s', (file) => {
    const text = read(`scripts/${file}`);
    it(`is thin: at most ${MAX_SCRIPT_LINES} lines`, () =>
      expect(linesOf(`scripts/${file}`)).toBeLessThanOrEqual(MAX_SCRIPT_LINES));
    it('runs by itself', () => expect(text.startsWith('#!/usr/bin/env zx\n')).toBe(true));
    it('imports quick-start.ts before anything else, and the rest afterwards', () => {
      const [first, ...others] = [...text.matchAll(/^import .*$/gm)].map(([line]) => line);
      expect(first).toBe("import '../engine/cli/quick-start.ts';");
      expect(others).toEqual([]);
    });
    it('calls itself by its own name', () => {
      const name = /\bname: '([\w-]+)'/.exec(text)?.[1];
      if (name !== undefined) expect(`${name}.mjs`).toBe(file);
    });
  });
});
