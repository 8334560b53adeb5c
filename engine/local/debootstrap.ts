import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KitError } from '../errors.ts';
import type { Reporter } from '../report/reporter.ts';
import { ARCHITECTURE } from './architecture.ts';
import { CommandError, run } from './command.ts';
import { cacheFolder } from './folders.ts';
import { isRunning } from './process.ts';
import { hashTree } from './tree.ts';

/** Change it when the steps below change in a way that the inputs do not show. */
const STEPS_VERSION = 1;

const BOOTSTRAP_DEADLINE_MS = 900_000;
const SETUP_DEADLINE_MS = 600_000;

/** Characters of a hash that name an archive. */
const KEY_LENGTH = 12;

/** What is done to every root filesystem after debootstrap. */
const SCRIPTS = fileURLToPath(new URL('./rootfs', import.meta.url));

/** A Debian root filesystem as a value. */
export interface Rootfs {
  /** `host`, `base`: the first part of the archive's name. */
  name: string;
  suite: string;
  /** On top of the minbase variant. */
  packages: readonly string[];
  /**
   * A folder with `overlay/` (copied over the root filesystem; optional) and `setup.sh` (run inside it as root).
   */
  setup: string;
}

/** The mirror of an air-gapped site is named in the environment; everyone else uses Debian's own. */
export const debianMirror = (): string => process.env.ODIN_DEBIAN_MIRROR ?? 'http://deb.debian.org/debian';
export const securityMirror = (): string => `${debianMirror()}-security`;

const hash = (inputs: unknown): string =>
  createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, KEY_LENGTH);

/** What the checkout asks for, as 12 hex digits: the same in every clone, whichever mirror it builds from. */
export async function rootfsRelease({ suite, packages, setup }: Rootfs): Promise<string> {
  return hash([
    STEPS_VERSION,
    suite,
    packages,
    ARCHITECTURE,
    await hashTree(setup, ['.']),
    await hashTree(SCRIPTS, ['.']),
  ]);
}

/** What the archive holds, as 12 hex digits: the mirror is written into it. */
export async function rootfsKey(rootfs: Rootfs): Promise<string> {
  return hash([await rootfsRelease(rootfs), debianMirror()]);
}

export async function rootfsArchive(rootfs: Rootfs): Promise<string> {
  return cacheFolder('rootfs', `${rootfs.name}-${await rootfsKey(rootfs)}.tar`);
}

/**
 * The archive of a root filesystem, made with debootstrap where the cache does not have it. Safe to kill at any moment:
 * the archive appears by a rename, and the next run removes what a dead one left. Throws `build-failed`.
 */
export async function buildRootfs(rootfs: Rootfs, report: Reporter): Promise<string> {
  const archive = await rootfsArchive(rootfs);
  if (existsSync(archive)) return archive;
  const started = performance.now();
  report.step('local', `making the ${rootfs.name} filesystem with debootstrap (${rootfs.suite}; about a minute)`);
  await removeDeadWork();
  const work = cacheFolder('work', `${rootfs.name}.${process.pid}`);
  await mkdir(work, { recursive: true });
  await mkdir(cacheFolder('rootfs'), { recursive: true });
  try {
    await bootstrap(rootfs, join(work, 'root'), report);
    const partial = `${archive}.${process.pid}.partial`;
    await run('tar', ['--numeric-owner', '-C', join(work, 'root'), '-cf', partial, '.'], { root: true });
    await rename(partial, archive);
    await dropOldArchives(rootfs.name);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new KitError('build-failed', `the ${rootfs.name} filesystem could not be made`, {
      ...error.context,
    });
  } finally {
    await removeTree(work);
  }
  report.done('local', `${rootfs.name} filesystem made: ${archive}`, performance.now() - started);
  return archive;
}

async function bootstrap(rootfs: Rootfs, root: string, report: Reporter): Promise<void> {
  const onLine = (line: string): void => report.verbose('local', line);
  const options = { root: true, onLine };
  const packages = cacheFolder('debootstrap');
  await mkdir(packages, { recursive: true });
  // debootstrap mounts /proc and /sys inside. In a mount and a process namespace of its own these mounts, and debootstrap
  // itself, are gone the moment this process is, however it ends.
  const isolate = ['--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child'];
  const include = rootfs.packages.join(',');
  const variant = ['--variant=minbase', `--include=${include}`, `--cache-dir=${packages}`];
  const debootstrap = ['debootstrap', ...variant, rootfs.suite, root, debianMirror(), ...suiteScript(rootfs.suite)];
  await run('setpriv', [...isolate, ...debootstrap], { ...options, deadlineMs: BOOTSTRAP_DEADLINE_MS });
  const overlay = join(rootfs.setup, 'overlay');
  if (existsSync(overlay)) {
    await run('cp', ['-R', '--no-preserve=ownership,timestamps', `${overlay}/.`, root], options);
  }
  const sources = [rootfs.suite, debianMirror(), securityMirror()];
  for (const [script, ...args] of [[join(SCRIPTS, 'sources.sh'), ...sources], [join(rootfs.setup, 'setup.sh')]]) {
    await run('cp', [`${script}`, join(root, 'setup.sh')], options);
    const chroot = ['chroot', root, 'sh', '-eu', '/setup.sh', ...args];
    await run('setpriv', [...isolate, ...chroot], { ...options, deadlineMs: SETUP_DEADLINE_MS });
  }
  await run('rm', ['-f', join(root, 'setup.sh')], options);
}

/** An older debootstrap does not know a newer suite by name; all of them are made as sid is. */
function suiteScript(suite: string): string[] {
  const scripts = '/usr/share/debootstrap/scripts';
  return existsSync(join(scripts, suite)) ? [] : [join(scripts, 'sid')];
}

/** Work folders carry the process id of their run. */
async function removeDeadWork(): Promise<void> {
  const folder = cacheFolder('work');
  if (!existsSync(folder)) return;
  for (const name of await readdir(folder)) {
    if (!(await isRunning(Number(name.split('.').at(-1))))) await removeTree(join(folder, name));
  }
  const archives = cacheFolder('rootfs');
  if (!existsSync(archives)) return;
  for (const name of (await readdir(archives)).filter((name) => name.endsWith('.partial'))) {
    const pid = Number(name.split('.').at(-2));
    if (!(await isRunning(pid))) await run('rm', ['-f', '--', join(archives, name)], { root: true });
  }
}

/** Two clones at two versions take turns without making an archive each time; a third one pushes the oldest out. */
const KEPT_ARCHIVES = 2;

async function dropOldArchives(name: string): Promise<void> {
  const folder = cacheFolder('rootfs');
  const named = (await readdir(folder)).filter((file) => file.startsWith(`${name}-`) && file.endsWith('.tar'));
  const dated = await Promise.all(
    named.map(async (file) => ({ file, time: (await stat(join(folder, file))).mtimeMs })),
  );
  const old = dated.sort((a, b) => b.time - a.time).slice(KEPT_ARCHIVES);
  if (old.length > 0) await run('rm', ['-f', '--', ...old.map(({ file }) => join(folder, file))], { root: true });
}

/** Never follows a mount: a chroot may have had /proc inside. */
async function removeTree(folder: string): Promise<void> {
  if (basename(folder).length === 0) throw new Error('refusing to remove a folder without a name');
  await run('rm', ['-rf', '--one-file-system', '--', folder], { root: true });
}
