import { existsSync } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '#engine/local/command.ts';
import { cacheFolder } from '#engine/local/folders.ts';

/**
 * Debian packages that a host downloaded once, for every host of every sandbox: each host's /var/cache/apt/archives is a
 * folder of hard links to one pool. apt checks what it finds there against the signed index, so a damaged or an outdated
 * file costs a download and nothing else.
 */
const pool = (): string => cacheFolder('debs', 'pool');

/** The folder on this machine that a host sees as /var/cache/apt/archives. */
export const packageFolder = (env: string, host: string): string => cacheFolder('debs', 'hosts', env, host);

/** Moves what the hosts of `env` downloaded into the pool. */
export async function collectPackages(env: string): Promise<void> {
  const folder = cacheFolder('debs', 'hosts', env);
  if (!existsSync(folder)) return;
  await mkdir(pool(), { recursive: true });
  for (const host of await readdir(folder)) await link(join(folder, host), pool());
  await dropOldVersions();
}

/** The pool holds one version of a package: the one that was published last. */
async function dropOldVersions(): Promise<void> {
  const names = (await readdir(pool())).filter((name) => name.endsWith('.deb'));
  // apt keeps the mirror's time on what it downloads.
  const dated = await Promise.all(
    names.map(async (name) => ({ name, time: (await stat(join(pool(), name))).mtimeMs })),
  );
  const old = outdated(dated);
  if (old.length > 0) await run('rm', ['-f', '--', ...old.map((name) => join(pool(), name))], { root: true });
}

/** Of files called NAME_VERSION_ARCHITECTURE.deb, those that are not the newest of their name and architecture. Pure. */
export function outdated(files: readonly { name: string; time: number }[]): string[] {
  const newestFirst = [...files].sort((a, b) => b.time - a.time);
  const seen = new Set<string>();
  return newestFirst.flatMap(({ name }) => {
    const [packageName, , architecture] = name.split('_');
    const key = `${packageName}_${architecture}`;
    if (seen.has(key)) return [name];
    seen.add(key);
    return [];
  });
}

/** Gives a host the pool's packages. Must run before the host is made, or Docker makes the folder itself. */
export async function offerPackages(env: string, host: string): Promise<void> {
  await mkdir(packageFolder(env, host), { recursive: true });
  if (existsSync(pool())) await link(pool(), packageFolder(env, host));
}

/** Forgets the folders of a sandbox, not the pool. Their files belong to the hosts' root. */
export async function dropPackageFolders(env: string): Promise<boolean> {
  const folder = cacheFolder('debs', 'hosts', env);
  if (!existsSync(folder)) return false;
  await run('rm', ['-rf', '--one-file-system', '--', folder], { root: true });
  return true;
}

async function link(from: string, to: string): Promise<void> {
  const packages = (await readdir(from)).filter((name) => name.endsWith('.deb'));
  if (packages.length === 0) return;
  const present = new Set(await readdir(to));
  const paths = packages.filter((name) => !present.has(name)).map((name) => join(from, name));
  if (paths.length > 0) await run('ln', ['-f', '--target-directory', to, '--', ...paths], { root: true });
}
