import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KitError } from '#engine/errors.ts';
import { lastLines, run } from '#engine/local/command.ts';
import { docker, tryDocker } from '#engine/local/docker.ts';
import { until } from '#engine/local/wait.ts';
import { packageFolder } from './debs.ts';
import { sandboxState } from './identity.ts';
import {
  ADDRESS_LABEL,
  containerName,
  ENV_LABEL,
  engineVolume,
  FLAGS_LABEL,
  HOST_LABEL,
  IMAGE_LABEL,
  networkName,
} from './names.ts';
import { saysHello } from './observe.ts';
import type { Publish } from './publish.ts';

/** A boot takes 2–5 s; four at once on two busy cores take longer. */
const BOOT = { deadlineMs: 90_000, everyMs: 150 };

/** Seconds that a host has for an orderly halt before a restart. */
const HALT_S = 15;

/**
 * A container that can boot systemd and run a Docker Engine of its own. `--privileged` would need CAP_SYS_RESOURCE,
 * which a machine that is itself a container often does not have; these are the parts of it that are needed, together with
 * the capabilities that there are.
 */
const FLAGS = [
  ...['--cgroupns', 'private'],
  ...['--security-opt', 'seccomp=unconfined'],
  ...['--security-opt', 'apparmor=unconfined'],
  ...['--security-opt', 'systempaths=unconfined'],
  ...['--tmpfs', '/run:exec', '--tmpfs', '/tmp:exec'],
  // `reboot` on a host boots it again, and so does a restart of Docker; a host that was stopped on purpose stays off.
  ...['--restart', 'unless-stopped'],
  // systemd's own signal for an orderly halt, so that `docker stop` shuts a host down as a power button would.
  ...['--stop-signal', 'SIGRTMIN+3'],
];

/** One host to make. */
export interface NewHost {
  env: string;
  name: string;
  image: { key: string; tag: string };
  address: string;
  publish: readonly Publish[];
  /** See capabilities.ts. */
  capabilities: readonly string[];
}

const publishFlags = (publish: readonly Publish[]): string[] => publish.flatMap(({ written }) => ['-p', written]);

/** A short hash over the flags that a host is made with: tells an existing host from one that would be made now. Pure. */
export function flagsKey(publish: readonly Publish[]): string {
  return createHash('sha256')
    .update(JSON.stringify([FLAGS, publishFlags(publish)]))
    .digest('hex')
    .slice(0, 12);
}

/** The arguments of `docker create` for a host. Pure but for the environment's folders. */
export function createArguments(host: NewHost): string[] {
  const { env, name, image, address, publish, capabilities } = host;
  const labels = {
    [ENV_LABEL]: env,
    [HOST_LABEL]: name,
    [ADDRESS_LABEL]: address,
    [IMAGE_LABEL]: image.key,
    [FLAGS_LABEL]: flagsKey(publish),
  };
  return [
    ...['create', '--name', containerName(env, name), '--hostname', name],
    ...['--network', networkName(env), '--ip', address],
    ...Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${value}`]),
    ...['--volume', `${engineVolume(env, name)}:/var/lib/docker`],
    ...['--volume', `${packageFolder(env, name)}:/var/cache/apt/archives`],
    ...publishFlags(publish),
    ...FLAGS,
    ...capabilities,
    image.tag,
  ];
}

/** Makes the container without starting it. The volume carries the labels by which `down` finds it. */
export async function createHost(host: NewHost): Promise<void> {
  const volume = engineVolume(host.env, host.name);
  const labels = [`${ENV_LABEL}=${host.env}`, `${HOST_LABEL}=${host.name}`].flatMap((label) => ['--label', label]);
  await docker(['volume', 'create', ...labels, volume]);
  await docker(createArguments(host));
}

export const removeHost = (env: string, name: string): Promise<string> =>
  docker(['rm', '--force', containerName(env, name)]);

/** Lets the sandbox's key in as root. As an archive, because a plain `docker cp` keeps the operator's user id on the file. */
export async function authorize(env: string, name: string, publicKey: string): Promise<void> {
  // A folder for each: hosts are made side by side, and a file that one is writing is empty for the other.
  const folder = join(sandboxState(env), name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'authorized_keys'), publicKey);
  const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mode=0600'];
  const archive = await run('tar', [...owner, '-C', folder, '-cf', '-', 'authorized_keys']);
  await docker(['cp', '-', `${containerName(env, name)}:/root/.ssh`], { input: archive });
}

/** A host that runs but does not answer may be in the middle of its boot: what it is granted before it is restarted. */
const GRACE = { deadlineMs: 10_000, everyMs: 150 };

/** Milliseconds for what a host starts at boot beside sshd: a Docker Engine that brings its containers back takes a few seconds. */
const SETTLE_MS = 60_000;

/**
 * Boots a host and waits until its sshd answers and everything else that starts at boot has: a plan made in the middle of
 * a boot is about services that are just coming up. Throws `host-boot-failed` with the journal's last lines.
 */
export async function bootHost(env: string, name: string, address: string, how: 'start' | 'restart'): Promise<void> {
  const container = containerName(env, name);
  const look = async (): Promise<true | undefined> => (await saysHello(address)) || undefined;
  // Whether all of it came up well is not the provider's to judge.
  const settle = async (): Promise<void> =>
    void (await tryDocker(['exec', container, 'systemctl', 'is-system-running', '--wait'], { deadlineMs: SETTLE_MS }));
  if (how === 'restart' && (await until(look, GRACE))) return settle();
  const command = how === 'start' ? ['start', container] : ['restart', '--time', `${HALT_S}`, container];
  const started = await tryDocker(command);
  if (started.status !== 0) throw bootFailed(name, container, 'Docker could not start it', started.stderr);
  if (await until(look, BOOT)) return settle();
  const journal = await tryDocker(['exec', container, 'journalctl', '-n', '20', '--no-pager']);
  const evidence = journal.status === 0 ? journal : await tryDocker(['logs', '--tail', '20', container]);
  const reason = `sshd did not answer at ${address}:22 within ${BOOT.deadlineMs / 1000} s`;
  throw bootFailed(name, container, reason, `${evidence.stdout}\n${evidence.stderr}`);
}

function bootFailed(host: string, container: string, reason: string, evidence: string): KitError {
  const next = `docker logs ${container}; docker exec -it ${container} bash`;
  return new KitError('host-boot-failed', reason, { host, lastLines: lastLines(evidence), next });
}

/** The files that a process of a host may open at most: the outer machine's hard limit, which nothing inside can raise. */
export async function openFilesLimit(env: string, name: string): Promise<number> {
  const limit = await docker(['exec', containerName(env, name), 'sh', '-c', 'ulimit -Hn']);
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
}
