import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KitError } from '#engine/errors.ts';
import { ARCHITECTURE } from '#engine/local/architecture.ts';
import { attempt, lastLines } from '#engine/local/command.ts';
import { cacheFolder } from '#engine/local/folders.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import { ROOT } from './checkout.ts';
import { type Closure, readLock } from './lockfile.ts';
import type { Extra } from './recipe.ts';

const INSTALL_DEADLINE_MS = 300_000;

/** The packages that are installed, as one value: the part of the lock file that counts for an image. */
export const dependenciesKey = (closure: Closure): string =>
  createHash('sha256')
    .update(JSON.stringify([closure.packages, ARCHITECTURE]))
    .digest('hex')
    .slice(0, 16);

/**
 * The production packages of one workspace, installed by `npm ci` from the lock file in a folder of the cache, never in
 * the checkout. Throws `build-failed`.
 */
export async function productionModules(workspace: string, closure: Closure, report: Reporter): Promise<Extra[]> {
  const folder = cacheFolder('node-modules', `${workspace.replaceAll('/', '-')}-${dependenciesKey(closure)}`);
  if (!existsSync(folder)) await install(workspace, folder, report);
  return ['', ...closure.workspaces]
    .map((path) => join(path, 'node_modules'))
    .filter((path) => existsSync(join(folder, path)))
    .map((path) => ({ from: join(folder, path), to: path }));
}

async function install(workspace: string, folder: string, report: Reporter): Promise<void> {
  const started = performance.now();
  report.step('local', `npm ci for ${workspace}`);
  const fresh = `${folder}.${randomUUID()}`;
  try {
    await copyManifests(fresh);
    const omit = ['--omit=dev', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
    const target = ['--os=linux', `--cpu=${ARCHITECTURE}`, `--workspace=${workspace}`];
    const npm = await attempt('npm', ['ci', ...omit, ...target], { cwd: fresh, deadlineMs: INSTALL_DEADLINE_MS });
    if (npm.status !== 0) {
      throw new KitError('build-failed', `the packages of ${workspace} could not be installed`, {
        command: ['npm', 'ci', ...omit, ...target].join(' '),
        exitStatus: npm.status,
        lastLines: lastLines(`${npm.stdout}\n${npm.stderr}`),
      });
    }
    await rename(fresh, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  report.done('local', `npm ci for ${workspace}`, performance.now() - started);
}

/** npm wants every workspace's manifest, also of those that it will not install. */
async function copyManifests(to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const workspaces = Object.keys(await readLock(ROOT)).filter((path) => path && !path.includes('node_modules/'));
  for (const file of ['package.json', 'package-lock.json', ...workspaces.map((path) => join(path, 'package.json'))]) {
    await cp(join(ROOT, file), join(to, file));
  }
}
