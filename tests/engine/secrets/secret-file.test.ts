import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSecretFile, SecretFile, secretDigest } from '#engine/secrets/secret-file.ts';
import { temporaryFolder } from '../../support/folder.ts';

const file = new SecretFile({ ONE: 'hunter2', EMPTY: '' });

it('knows its values', () => {
  expect([file.value('ONE'), file.value('EMPTY'), file.value('OTHER')]).toEqual(['hunter2', undefined, undefined]);
});

it('tells a digest that both ends can make', () => {
  expect(file.digest('ONE')).toBe(secretDigest('ONE', 'hunter2'));
  expect(file.digest('OTHER')).toBeUndefined();
  // The same value under another name is another digest.
  expect(secretDigest('ONE', 'x')).not.toBe(secretDigest('TWO', 'x'));
});

describe('shows no value', () => {
  it.each([
    ['as JSON', JSON.stringify({ file })],
    ['in a log', inspect(file, { depth: 9, showHidden: true })],
    ['as text', String(file)],
    ['key by key', Object.entries(file).join()],
  ])('%s', (_what, text) => expect(text).not.toContain('hunter2'));
});

describe('inventory/<env>.env', () => {
  const folder = temporaryFolder();
  const before = process.env.ODIN_INVENTORY;
  const write = (env: string, text: string, mode = 0o600): void => {
    writeFileSync(join(folder, `${env}.env`), text);
    chmodSync(join(folder, `${env}.env`), mode);
  };
  beforeAll(() => {
    process.env.ODIN_INVENTORY = folder;
  });
  afterAll(() => {
    if (before === undefined) delete process.env.ODIN_INVENTORY;
    else process.env.ODIN_INVENTORY = before;
  });

  it.each([
    ['A=1', '1'],
    ['A="two words"', 'two words'],
    ["A='$HOME'", '$HOME'],
    ['# A=1', undefined],
    ['A=', undefined],
    ['', undefined],
  ])('%j', (text, value) => {
    write('good', `${text}\n`);
    expect(readSecretFile('good').value('A')).toBe(value);
  });

  it('may be absent', () => expect(readSecretFile('absent').value('A')).toBeUndefined());

  it.each([0o644, 0o640, 0o604, 0o660])('that others can read (%i) is refused', (mode) => {
    write('open', 'A=1\n', mode);
    expect(() => readSecretFile('open')).toThrow(
      expect.objectContaining({ code: 'secret-exposed', exit: 3, context: { next: `chmod 600 ${folder}/open.env` } }),
    );
  });

  it('a value of several lines is refused, without showing it', () => {
    write('lines', 'A="hunter\ntwo"\n');
    expect(() => readSecretFile('lines')).toThrow(
      expect.objectContaining({ code: 'inventory-invalid', message: `${folder}/lines.env: A has more than one line` }),
    );
  });
});
