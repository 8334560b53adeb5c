import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { emit, quote, words } from '#engine/shell.ts';

const sh = (script: string): string => execFileSync('sh', ['-c', script], { encoding: 'utf8', maxBuffer: 1 << 24 });

const NASTY = [
  '',
  ' ',
  'plain',
  '/etc/docker/daemon.json',
  '10.77.0.11:5000/odin/ws-server:4f1c',
  'a b',
  "it's",
  "''",
  "'\\''",
  '"double"',
  '$HOME',
  '$(id)',
  '`id`',
  '\\',
  '\\n',
  '\\\\',
  'a\nb',
  '\n',
  'ends with a newline\n',
  '\ttab\t',
  '\r\n',
  '*',
  '?[a-z]{b,c}',
  '~',
  '~root',
  '#comment',
  '!history',
  '; rm -rf /',
  '&& true',
  '| cat',
  '> /dev/null',
  '<<EOF',
  '-n',
  '--help',
  '%s%d%%',
  'a=b',
  'grüße',
  '日本語',
  '😀',
  '\u00a0',
  '\u0001\u007f',
  'x'.repeat(10_000),
];

describe('quote', () => {
  it.each(NASTY)('a shell reads %j as it was written', (text) => {
    expect(sh(`printf %s ${quote(text)}`)).toBe(text);
  });

  it.each([
    ['plain words stay readable', '/etc/odin/firewall.nft', '/etc/odin/firewall.nft'],
    ['an empty word is a word', '', "''"],
    ['a quote leaves and comes back', "it's", "'it'\\''s'"],
    ['a trailing newline is no plain word', 'a\n', "'a\n'"],
  ])('%s', (_what, text, quoted) => expect(quote(text)).toBe(quoted));

  it('holds for a thousand words made of the characters that shells care about', () => {
    const characters = [
      'a',
      ' ',
      "'",
      '"',
      '\\',
      '$',
      '`',
      '\n',
      '!',
      '*',
      '(',
      ')',
      ';',
      '&',
      '#',
      '~',
      'é',
      '-',
      '%',
    ];
    let seed = 1;
    const next = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed % below;
    };
    const texts = Array.from({ length: 1000 }, () =>
      Array.from({ length: next(12) }, () => characters[next(characters.length)]).join(''),
    );
    const script = `printf '%s\\000' ${words(...texts)}`;
    expect(sh(script).split('\0').slice(0, -1)).toEqual(texts);
  });

  it('holds inside another quote, as a piece holds a script that holds a path', () => {
    for (const text of NASTY) expect(sh(`sh -c ${quote(`sh -c ${quote(`printf %s ${quote(text)}`)}`)}`)).toBe(text);
  });
});

describe('emit', () => {
  it.each(NASTY)('writes %j byte by byte', (text) => expect(sh(emit(text))).toBe(text));
});
