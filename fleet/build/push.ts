import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KitError } from '#engine/errors.ts';
import { lastLines } from '#engine/local/command.ts';
import { docker, tryDocker } from '#engine/local/docker.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import { type BuiltImage, repositoryOf } from './recipe.ts';

/** A first push crosses the operator's uplink with a few hundred megabytes. */
const PUSH_DEADLINE_MS = 1_800_000;
const ASK_DEADLINE_MS = 10_000;

/** Without these a registry answers with a converted manifest, whose digest no host can pull by. */
const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** Who the registry lets in. */
export interface Login {
  user: string;
  password: string;
}

const basic = ({ user, password }: Login): string => Buffer.from(`${user}:${password}`).toString('base64');

/** Runs `work` with a Docker configuration of its own that holds the login: the operator's is left alone. */
async function withLogin(registry: string, login: Login, work: (config: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'odin-docker-'));
  try {
    const auths = { [registry]: { auth: basic(login) } };
    await writeFile(join(folder, 'config.json'), JSON.stringify({ auths }), { mode: 0o600 });
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Sends the layers that the registry at 127.0.0.1:`port` (the near end of a tunnel) does not hold. Docker takes a
 * registry on loopback without TLS; SSH is what protects the way. Returns the manifest's digest. Throws `build-failed`.
 */
export async function push(image: BuiltImage, port: number, login: Login, report: Reporter): Promise<string> {
  const started = performance.now();
  const remote = `127.0.0.1:${port}/${image.tag}`;
  report.step('local', `pushing ${image.tag}`);
  await docker(['tag', image.tag, remote]);
  try {
    const onLine = (line: string): void => report.verbose('local', line);
    await withLogin(`127.0.0.1:${port}`, login, async (config) => {
      const pushed = await tryDocker(['--config', config, 'push', remote], { deadlineMs: PUSH_DEADLINE_MS, onLine });
      if (pushed.status !== 0) throw pushFailed(image, pushed.status, `${pushed.stdout}\n${pushed.stderr}`);
    });
  } finally {
    // The name carries the tunnel's port of this one run.
    await docker(['rmi', '--no-prune', remote]);
  }
  const digest = await digestOf(port, image.name, image.release, login);
  if (!digest) throw pushFailed(image, 0, 'docker push succeeded, but the registry does not know the release');
  report.done('local', `pushed ${image.tag}`, performance.now() - started);
  return digest;
}

function pushFailed({ tag }: BuiltImage, exitStatus: number, output: string): KitError {
  return new KitError('build-failed', `${tag} could not be pushed to the registry`, {
    command: `docker push ${tag}`,
    exitStatus,
    lastLines: lastLines(output),
  });
}

/**
 * The digest (`sha256:…`) of a release in the registry at 127.0.0.1:`port`, or undefined where it is not there.
 * Throws `build-failed` where no registry answers.
 */
export async function digestOf(port: number, name: string, release: string, login: Login): Promise<string | undefined> {
  const url = `http://127.0.0.1:${port}/v2/${repositoryOf(name)}/manifests/${release}`;
  const ask = {
    method: 'HEAD',
    headers: { accept: MANIFEST_TYPES, authorization: `Basic ${basic(login)}` },
    signal: AbortSignal.timeout(ASK_DEADLINE_MS),
  };
  let answer: Response;
  try {
    answer = await fetch(url, ask);
  } catch (error) {
    const reason = error instanceof Error ? `${error.message} ${error.cause ?? ''}`.trim() : String(error);
    throw new KitError('build-failed', 'the registry does not answer', { command: `HEAD ${url}`, lastLines: reason });
  }
  if (answer.status === 404) return undefined;
  const digest = answer.headers.get('docker-content-digest');
  if (answer.ok && digest) return digest;
  throw new KitError('build-failed', `the registry answered ${answer.status}`, { command: `HEAD ${url}` });
}
