import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../support/folder.ts';

/**
 * To be called where a file's tests are collected. Returns what makes a folder for SSH's connections in which none is open
 * yet, as environment: whoever is logged in is not asked for keys again.
 */
export function loginFolders(): () => { XDG_RUNTIME_DIR: string } {
  const folder = temporaryFolder();
  // Short: the path of a socket holds 104 bytes.
  return () => ({ XDG_RUNTIME_DIR: mkdtempSync(join(folder, 'r')) });
}
