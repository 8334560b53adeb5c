import { describe, expect, it } from 'vitest';
import { type Machine, type Need, shortcomings } from '#engine/local/machine.ts';

const GIB = 1024 ** 3;
const good: Machine = {
  platform: 'linux',
  privilege: 'root',
  apt: true,
  availableMemory: 8 * GIB,
  freeDisk: { '/var/lib/docker': 20e9, '/root/.cache/odin-deploy': 20e9 },
  kernelLacks: [],
};
const everything: Need = { packages: ['docker.io'], startDocker: true, root: true, memory: 4 * GIB, disk: 8e9 };
const nothing: Need = { packages: [], startDocker: false, root: false, memory: 0, disk: 0 };

describe('what a machine lacks', () => {
  const table: [string, Partial<Machine>, Need, RegExp[]][] = [
    ['nothing on a good machine', {}, everything, []],
    ['Linux', { platform: 'darwin' }, everything, [/^this machine runs darwin: Linux is needed/]],
    ['root', { privilege: 'none' }, everything, [/^root: run this as root, or allow this user sudo/]],
    ['no root where nothing needs it', { privilege: 'none' }, nothing, []],
    ['apt-get', { apt: false }, everything, [/^docker\.io: install them \(there is no apt-get/]],
    ['no apt-get where all is installed', { apt: false }, nothing, []],
    ['memory', { availableMemory: 1.5 * GIB }, everything, [/^memory: 4\.0 GiB must be available, 1\.5 GiB are/]],
    [
      'disk, by folder',
      { freeDisk: { '/var/lib/docker': 2e9, '/cache': 9e9 } },
      everything,
      [/^disk: 8\.0 GB must be free at \/var\/lib\/docker, 2\.0 GB are/],
    ],
    ['a kernel feature', { kernelLacks: ['overlayfs'] }, everything, [/^kernel: overlayfs is needed/]],
    ['no kernel feature where Docker already runs', { kernelLacks: ['overlayfs'] }, nothing, []],
    [
      'several things, all at once',
      { privilege: 'none', apt: false, availableMemory: 0, kernelLacks: ['pid namespaces'] },
      everything,
      [/^root/, /^docker\.io/, /^memory/, /^kernel: pid namespaces/],
    ],
  ];
  it.each(table)('%s', (_, machine, need, expected) => {
    const found = shortcomings({ ...good, ...machine }, need);
    expect(found).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(found[index]).toMatch(pattern);
  });
});
