import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { docker, dockerRows } from '#engine/local/docker.ts';
import { startDocker } from '#engine/local/docker-daemon.ts';
import { missingPrerequisites } from '#engine/local/prerequisites.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import { collectPackages, dropPackageFolders } from './debs.ts';
import { sandboxState } from './identity.ts';
import { ofEnv } from './names.ts';
import { PREREQUISITES } from './prerequisites.ts';

/**
 * Removes a sandbox: hosts with all they hold, their volumes, the network, keys and pins. What other sandboxes profit
 * from stays (host image, packages, built images), and so does Docker. Running it twice is the same as once.
 */
export async function down(env: string, report: Reporter): Promise<void> {
  const missing = await missingPrerequisites({ ...PREREQUISITES, tools: [] });
  // Without the daemon the hosts cannot be removed, but a machine that never had Docker has none to remove.
  if (missing.docker && missing.tools.length === 0) await startDocker(report);
  const hasDocker = !missing.docker || missing.tools.length === 0;
  await collectPackages(env);
  if (hasDocker) await removeFromDocker(env, report);
  if (await dropPackageFolders(env)) report.done('local', 'removed the package folders of the hosts (the pool stays)');
  if (existsSync(sandboxState(env))) {
    await rm(sandboxState(env), { recursive: true });
    report.done('local', `removed ${sandboxState(env)}`);
  }
}

async function removeFromDocker(env: string, report: Reporter): Promise<void> {
  const filter = ['--filter', ofEnv(env)];
  const list = async (args: string[]): Promise<string[]> => (await dockerRows([...args, ...filter])).flat();
  const remove = async (what: string, names: string[], args: string[]): Promise<void> => {
    if (names.length === 0) return;
    const started = performance.now();
    await docker([...args, ...names]);
    report.done('local', `removed ${what}: ${names.join(', ')}`, performance.now() - started);
  };
  await remove('hosts', await list(['ps', '-a', '--format', '{{.Names}}']), ['rm', '--force', '--volumes']);
  await remove('volumes', await list(['volume', 'ls', '-q']), ['volume', 'rm', '--force']);
  await remove('networks', await list(['network', 'ls', '--format', '{{.Name}}']), ['network', 'rm']);
}
