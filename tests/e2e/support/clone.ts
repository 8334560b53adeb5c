/** A second clone of this checkout, in another folder. */

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '#engine/local/command.ts';
import { ROOT } from './kit.ts';

const INSTALL_MS = 180_000;

/** What is not committed yet: of a clean checkout, nothing. */
function uncommitted(): string[] {
  const git = (...args: string[]): string[] =>
    execFileSync('git', ['-C', ROOT, ...args, '-z'], { encoding: 'utf8' })
      .split('\0')
      .filter(Boolean);
  return [...git('diff', '--name-only', 'HEAD'), ...git('ls-files', '--others', '--exclude-standard')];
}

/** Clones, brings along what is not committed yet, and installs, as a colleague would. */
export async function cloneTo(folder: string): Promise<void> {
  await run('git', ['clone', '--quiet', ROOT, folder]);
  for (const path of uncommitted()) {
    if (existsSync(join(ROOT, path))) cpSync(join(ROOT, path), join(folder, path));
    else rmSync(join(folder, path), { force: true });
  }
  await run('npm', ['ci', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], {
    cwd: folder,
    deadlineMs: INSTALL_MS,
  });
}
