import { existsSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasProgram } from './apt.ts';
import { attempt } from './command.ts';
import { cacheFolder } from './folders.ts';
import { privilege } from './privilege.ts';

const GIB = 1024 ** 3;

/** Where Docker keeps images and volumes unless it was told otherwise. */
export const DOCKER_ROOT = '/var/lib/docker';

/** What this machine offers, as read. Bytes; a disk by folder. */
export interface Machine {
  platform: string;
  privilege: 'root' | 'sudo' | 'sudo-asks' | 'none';
  apt: boolean;
  availableMemory: number;
  freeDisk: Record<string, number>;
  /** Features that containers need and this kernel does not offer. */
  kernelLacks: string[];
}

export async function readMachine(dockerRoot: string): Promise<Machine> {
  const folders = [dockerRoot, cacheFolder()];
  return {
    platform: process.platform,
    privilege: privilege(),
    apt: await hasProgram('apt-get'),
    availableMemory: process.platform === 'linux' ? await availableMemory() : 0,
    freeDisk: Object.fromEntries(await Promise.all(folders.map(async (folder) => [folder, await freeDisk(folder)]))),
    kernelLacks: process.platform === 'linux' ? await kernelLacks() : [],
  };
}

/** What is needed of the machine: nothing that is already there is asked for again. */
export interface Need {
  /** Packages that will have to be installed. */
  packages: readonly string[];
  /** The daemon must be started by us, so the kernel has not yet proven itself. */
  startDocker: boolean;
  root: boolean;
  memory: number;
  disk: number;
}

/** Everything that is missing, each with what to do about it. Pure. */
export function shortcomings(machine: Machine, need: Need): string[] {
  if (machine.platform !== 'linux') {
    return [`this machine runs ${machine.platform}: Linux is needed (a virtual machine will do)`];
  }
  const missing: string[] = [];
  if (machine.privilege === 'none' && (need.root || need.startDocker || need.packages.length > 0)) {
    missing.push('root: run this as root, or allow this user sudo (without a password where there is no terminal)');
  }
  if (need.packages.length > 0 && !machine.apt) {
    missing.push(`${need.packages.join(', ')}: install them (there is no apt-get here to do it with)`);
  }
  if (machine.availableMemory < need.memory) {
    missing.push(`memory: ${gib(need.memory)} must be available, ${gib(machine.availableMemory)} are: stop something`);
  }
  for (const [folder, free] of Object.entries(machine.freeDisk)) {
    if (free < need.disk) missing.push(`disk: ${gb(need.disk)} must be free at ${folder}, ${gb(free)} are: make room`);
  }
  if (need.startDocker) {
    for (const feature of machine.kernelLacks) missing.push(`kernel: ${feature} is needed for containers`);
  }
  return missing;
}

const gib = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`;
const gb = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

async function availableMemory(): Promise<number> {
  const match = /^MemAvailable:\s+(\d+) kB$/m.exec(await readFile('/proc/meminfo', 'utf8'));
  return Number(match?.[1] ?? 0) * 1024;
}

/** Bytes that an ordinary user may still write at `folder`, or at its nearest parent that exists. */
async function freeDisk(folder: string): Promise<number> {
  let at = folder;
  while (!existsSync(at)) at = dirname(at);
  const { bavail, bsize } = await statfs(at);
  return bavail * bsize;
}

const NAMESPACES = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'uts'];

async function kernelLacks(): Promise<string[]> {
  const lacks = NAMESPACES.filter((name) => !existsSync(`/proc/self/ns/${name}`)).map((name) => `${name} namespaces`);
  const controllers = existsSync('/sys/fs/cgroup/cgroup.controllers')
    ? await readFile('/sys/fs/cgroup/cgroup.controllers', 'utf8')
    : await readFile('/proc/cgroups', 'utf8');
  for (const name of ['cpu', 'memory', 'pids']) {
    if (!new RegExp(`\\b${name}\\b`).test(controllers)) lacks.push(`cgroup controller ${name}`);
  }
  const overlay = /\boverlay$/m.test(await readFile('/proc/filesystems', 'utf8'));
  if (!overlay && (await attempt('modprobe', ['overlay'], { root: true })).status !== 0) lacks.push('overlayfs');
  return lacks;
}
