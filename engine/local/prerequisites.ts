import { KitError } from '../errors.ts';
import type { Reporter } from '../report/reporter.ts';
import { hasProgram, install, missingTools, type Tool } from './apt.ts';
import { docker, dockerVersion, forgetSocket } from './docker.ts';
import { startDocker } from './docker-daemon.ts';
import { DOCKER_ROOT, readMachine, shortcomings } from './machine.ts';

/** What local work needs to be there. */
export interface Prerequisites {
  tools: readonly Tool[];
  /** The work itself needs root, not only the installing. */
  root: boolean;
  /** Bytes that must be available; 0 asks for nothing. */
  memory: number;
  /** Bytes that must be free where Docker and the cache live; 0 asks for nothing. */
  disk: number;
}

export const DEBOOTSTRAP: Tool = {
  program: 'debootstrap',
  package: 'debootstrap',
  why: 'makes Debian root filesystems',
};
export const SSH: Tool = { program: 'ssh', package: 'openssh-client', why: 'reaches the hosts' };
export const SS: Tool = { program: 'ss', package: 'iproute2', why: 'names the process that holds a port' };
const DOCKERD: Tool = { program: 'dockerd', package: 'docker.io', why: 'runs the containers' };
/** Since Debian 13 the client is a package of its own. */
const DOCKER: Tool = {
  program: 'docker',
  package: 'docker.io',
  otherwise: 'docker-cli',
  why: 'is how the daemon is spoken to',
};
const IPTABLES: Tool = { program: 'iptables', package: 'iptables', why: 'is how dockerd makes networks' };

/** What is missing of the prerequisites now. */
export interface Missing {
  tools: Tool[];
  /** No Docker daemon answers. */
  docker: boolean;
}

/** Reads what is missing. An existing Docker, whatever its version and wherever it came from, is used as it is. */
export async function missingPrerequisites({ tools }: Prerequisites): Promise<Missing> {
  const version = (await hasProgram('docker')) ? await dockerVersion() : undefined;
  const engine = version === undefined ? [DOCKERD, DOCKER, IPTABLES] : [];
  return { tools: await missingTools([...engine, ...tools]), docker: version === undefined };
}

export const packagesOf = (missing: Missing): string[] => [...new Set(missing.tools.map((tool) => tool.package))];

/**
 * Refuses a machine that cannot do the work: every shortcoming at once, before anything is installed or started.
 * Throws `provider-unavailable`.
 */
export async function checkMachine(needs: Prerequisites, missing: Missing): Promise<void> {
  const { root, memory, disk } = needs;
  const need = { packages: packagesOf(missing), startDocker: missing.docker, root, memory, disk };
  const dockerRoot = missing.docker ? DOCKER_ROOT : await docker(['info', '--format', '{{.DockerRootDir}}']);
  const found = shortcomings(await readMachine(dockerRoot), need);
  if (found.length === 0) return;
  throw new KitError('provider-unavailable', ['this machine lacks', ...found.map((line) => `  - ${line}`)].join('\n'), {
    next: 'see to the points above, then run the same command again',
  });
}

async function installTools(missing: Missing, report: Reporter): Promise<void> {
  await install(packagesOf(missing), report);
  const left = await missingTools(missing.tools);
  const others = left.flatMap(({ otherwise }) => otherwise ?? []);
  if (others.length > 0) await install(others, report);
  const absent = (await missingTools(left)).map(({ program }) => program);
  if (absent.length === 0) return;
  const installed = [...packagesOf(missing), ...others].join(', ');
  throw new KitError('provider-unavailable', `${installed} were installed, but ${absent.join(', ')} is not there`);
}

/** Makes the prerequisites true: installs what is missing and starts Docker. Says so before it does. */
export async function preparePrerequisites(needs: Prerequisites, report: Reporter): Promise<void> {
  const missing = await missingPrerequisites(needs);
  await checkMachine(needs, missing);
  if (missing.tools.length > 0) {
    for (const tool of missing.tools) report.step('local', `${tool.program} is missing: it ${tool.why}`);
    await installTools(missing, report);
    forgetSocket();
  }
  // A package may have started the daemon by itself where an init system runs.
  if (missing.docker && (await dockerVersion()) === undefined) await startDocker(report);
}
