import { describe, expect, it } from 'vitest';
import { archive } from '#roles/docker/archive.ts';
import { memoryFits, memoryLimits } from '#roles/docker/memory.ts';
import { dockerPackages, needsDockerArchive } from '#roles/docker/packages.ts';
import { docker } from '#roles/docker/role.ts';
import { hostOf, inventoryOf, sandboxInventory } from '../support/inventory.ts';
import { decideFrom, FACTS, oneLine } from '../support/kind.ts';
import { checksOf, fileText, hostCheck, judge, said } from '../support/roles.ts';

describe('packages', () => {
  it.each([
    ['debian', '13', 'docker.io docker-cli docker-compose', false],
    ['debian', '12', 'docker-ce docker-ce-cli containerd.io docker-compose-plugin', true],
    ['ubuntu', '22.04', 'docker.io docker-compose-v2', false],
    ['ubuntu', '24.04', 'docker.io docker-compose-v2', false],
  ])('%s %s: %s', (distribution, version, names, archived) => {
    expect(dockerPackages({ distribution, version }).join(' ')).toBe(names);
    expect(needsDockerArchive({ distribution, version })).toBe(archived);
  });

  it.each([
    ['fedora', '42'],
    ['debian', '11'],
    ['ubuntu', '20.04'],
    ['debian', ''],
  ])('%s %s is refused, with what is known', (distribution, version) => {
    expect(() => dockerPackages({ distribution, version })).toThrow(
      expect.objectContaining({
        code: 'host-unsupported',
        message: `no way to install Docker on ${distribution} ${version} is known; known: debian 13, ubuntu 22.04, ubuntu 24.04, debian 12`,
      }),
    );
  });

  it.each([
    ['debian', '12', '', '+ add download.docker.com'],
    ['debian', '12', 'listed\n', 'ok'],
    ['debian', '13', '', 'ok'],
    ['ubuntu', '24.04', '', 'ok'],
  ])("Docker's own archive on %s %s, probe says %j: %s", (distribution, version, output, decision) => {
    expect(oneLine(decideFrom(archive({}), output, { ...FACTS, distribution, version }))).toBe(decision);
  });
});

it('daemon.json: logs that rotate, containers that outlive the daemon, the registry of the environment', () => {
  expect(JSON.parse(fileText(docker, sandboxInventory(), 'ws-1', '/etc/docker/daemon.json'))).toEqual({
    'log-driver': 'json-file',
    'log-opts': {
      'max-size': '50m',
      'max-file': '5',
      tag: '{{.Name}}',
      labels: 'com.docker.compose.project,com.docker.compose.service',
    },
    'live-restore': true,
    'insecure-registries': ['10.77.0.11:5000'],
  });
});

describe('checks', () => {
  const answers = hostCheck(checksOf(docker, sandboxInventory(), 'ws-1'), 'docker.answers');
  it.each([
    [0, '26.1.5\n', 'ok: 26.1.5'],
    [
      1,
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      'Docker does not answer',
    ],
    [127, 'sh: 1: docker: not found', 'Docker does not answer'],
  ])('docker version exits %i with %j: %s', (status, output, verdict) =>
    expect(said(judge(answers, output, status))).toBe(verdict),
  );
});

describe('memory limits', () => {
  const GB = 1024 ** 3;
  const withHosts = (hosts: string, vars = ''): ReturnType<typeof inventoryOf> =>
    inventoryOf(`provider: sandbox\nhosts:\n${hosts}network: {}\n${vars}`);
  const one = withHosts(
    '  b: { groups: [backend], memory: 2G }\n  w: { groups: [ws], memory: 2G }\n  l: { groups: [lb] }\n',
  );
  const three = withHosts(
    '  b1: { groups: [backend] }\n  b2: { groups: [backend] }\n  b3: { groups: [backend, ws] }\n',
  );
  const limits = (inventory: typeof one, host: string): string =>
    memoryLimits(hostOf(inventory, host), inventory)
      .map(({ role, bytes }) => `${role} ${bytes / 1024 ** 2}`)
      .join(', ');

  it.each([
    [one, 'b', 'broker 640, publisher 160, metrics 256'],
    [one, 'w', 'ws-server 512'],
    [one, 'l', ''],
    [three, 'b1', 'broker 640, publisher 160, metrics 256'],
    [three, 'b2', 'broker 640'],
    [three, 'b3', 'broker 640, ws-server 512'],
  ])('of %#: %s has %s', (inventory, host, expected) => expect(limits(inventory, host)).toBe(expected));

  it('the defaults fit an e2-small of 2 GB', () => {
    expect(said(judge(memoryFits(hostOf(one, 'b'), one), '', 0, { ...FACTS, memory: 2 * GB }))).toBe(
      'ok: 1056 MB of 1905 MB',
    );
  });

  it('what does not fit is refused with the figures, host by host', () => {
    const greedy = withHosts(
      '  b: { groups: [backend], memory: 2G }\n',
      'vars: { broker: { memory: 1G }, metrics: { memory: 512M } }\n',
    );
    const verdict = judge(memoryFits(hostOf(greedy, 'b'), greedy), '', 0, { ...FACTS, memory: 2 * GB });
    expect(verdict).toMatchObject({
      ok: false,
      message:
        'the memory limits add up to 1696 MB; with 320 MB for the system that is more than the 1905 MB of the host',
      lastLines: 'broker: 1024 MB\npublisher: 160 MB\nmetrics: 512 MB',
    });
  });

  it('goes by the smaller of what the machine has and what the inventory promises', () => {
    const check = memoryFits(hostOf(one, 'b'), one);
    expect(judge(check, '', 0, { ...FACTS, memory: 64 * GB })).toMatchObject({ ok: true, note: '1056 MB of 1905 MB' });
    expect(judge(check, '', 0, { ...FACTS, memory: GB }).ok).toBe(false);
  });
});
