import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { KitError } from '../errors.ts';
import type { Reporter } from '../report/reporter.ts';
import { attempt, lastLines, PATH, run } from './command.ts';
import { dockerVersion, forgetSocket } from './docker.ts';
import { stateFolder } from './folders.ts';
import { isPrivileged, withPrivilege } from './privilege.ts';
import { isRunning } from './process.ts';
import { until } from './wait.ts';

/** A cold dockerd answers in about 2 s; one that first stops the containers of a killed predecessor needs longer. */
const START = { deadlineMs: 60_000, everyMs: 200 };

/**
 * Where dockerd and its containerd write their process ids, and which program must be behind the number. A killed daemon
 * leaves the files; when the number belongs to another process by then, the next start refuses.
 */
const PID_FILES = [
  { file: '/var/run/docker.pid', program: 'dockerd' },
  { file: '/var/run/docker/containerd/containerd.pid', program: 'containerd' },
];

export const dockerLog = (): string => stateFolder('dockerd.log');

/** Starts the Docker daemon of this machine and waits until it answers. Throws `provider-unavailable`. */
export async function startDocker(report: Reporter): Promise<void> {
  const started = performance.now();
  const managed = existsSync('/run/systemd/system');
  report.step('local', managed ? 'starting the docker service' : 'starting dockerd (no init system runs here)');
  await removeStalePidFiles(report);
  if (managed) await run('systemctl', ['start', 'docker'], { root: true, deadlineMs: START.deadlineMs });
  else await spawnDaemon();
  forgetSocket();
  const version = await until(dockerVersion, START);
  if (version === undefined) throw await daemonFailed(managed);
  report.done('local', `docker ${version} answers`, performance.now() - started);
}

/** The files whose process is gone, is another program by now, or is dead and only not yet reaped. */
export async function stalePidFiles(): Promise<string[]> {
  const stale: string[] = [];
  for (const { file, program } of PID_FILES) {
    const pid = await read(file);
    if (pid !== undefined && !(await isRunning(Number(pid), program))) stale.push(file);
  }
  return stale;
}

async function removeStalePidFiles(report: Reporter): Promise<void> {
  const stale = await stalePidFiles();
  if (stale.length === 0) return;
  report.warn('local', `${stale.join(', ')}: left behind by a daemon that was killed; removed`);
  await run('rm', ['-f', '--', ...stale], { root: true });
}

/** A daemon in its own session, so that neither Ctrl-C nor the end of this process stops it. */
async function spawnDaemon(): Promise<void> {
  await mkdir(stateFolder(), { recursive: true });
  const log = await open(dockerLog(), 'a');
  try {
    const [program = 'dockerd', ...args] = isPrivileged() ? ['dockerd'] : withPrivilege(['dockerd']);
    const daemon = spawn(program, args, {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: { ...process.env, PATH },
    });
    // The log says why; the deadline of the caller reports it.
    daemon.on('error', () => undefined);
    daemon.unref();
  } finally {
    await log.close();
  }
}

async function daemonFailed(managed: boolean): Promise<KitError> {
  const log = managed
    ? (await attempt('journalctl', ['-u', 'docker', '-n', '20', '--no-pager'], { root: true })).stdout
    : ((await read(dockerLog())) ?? '');
  return new KitError('provider-unavailable', `docker did not answer within ${START.deadlineMs / 1000} s`, {
    command: managed ? 'systemctl start docker' : 'dockerd',
    lastLines: lastLines(log),
    next: managed ? 'systemctl status docker' : `less ${dockerLog()}`,
  });
}

async function read(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}
