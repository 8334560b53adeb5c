import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder that is gone after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'odin-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const id = (flag: string): string => execFileSync('id', [flag], { encoding: 'utf8' }).trim();

/** `user:group` of whoever runs the tests: owners can be set without being root. */
export const ME = `${id('-un')}:${id('-gn')}`;
export const ME_BY_NUMBER = `${id('-u')}:${id('-g')}`;
