/** One pinned Python package, kept outside the checkout so that only the first run installs it. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const INSTALL_TIMEOUT_MS = 180_000;

/** Resolves with what PYTHONPATH must be. */
export async function pythonWith(name: string, version: string): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'odin-deploy');
  const folder = join(cache, `python-${name}-${version}`);
  const packages = join(folder, 'packages');
  if (!existsSync(packages)) {
    // It appears whole or not at all.
    const partial = `${folder}.${process.pid}`;
    await mkdir(dirname(partial), { recursive: true });
    const install = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', join(partial, 'packages')];
    await run('python3', [...install, `${name}==${version}`], { timeout: INSTALL_TIMEOUT_MS });
    await rename(partial, folder).catch(() => rm(partial, { recursive: true, force: true }));
  }
  return packages;
}
