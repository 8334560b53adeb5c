import { describe, expect, it } from 'vitest';
import type { SeenHost, SeenSandbox } from '#providers/sandbox/observe.ts';
import { planPrerequisites, planSandbox, planUnseen, repairOf } from '#providers/sandbox/plan.ts';

const wanted = { env: 'demo', hosts: ['ws-1', 'ws-2'], image: 'img', flags: { 'ws-1': 'f', 'ws-2': 'f' } };
const up = (name: string, change: Partial<SeenHost> = {}): SeenHost => ({
  name,
  containerId: `id-${name}`,
  state: 'running',
  address: '10.77.0.11',
  image: 'img',
  flags: 'f',
  answers: true,
  ...change,
});
const seen = (hosts: SeenHost[], change: Partial<SeenSandbox> = {}): SeenSandbox => ({
  subnet: '10.77.0.0/24',
  identity: true,
  hosts: new Map(hosts.map((host) => [host.name, host])),
  ...change,
});

describe('the plan', () => {
  const table: [string, SeenSandbox, string[]][] = [
    ['everything is there', seen([up('ws-1'), up('ws-2')]), []],
    [
      'nothing is there',
      seen([], { subnet: undefined, identity: false }),
      ['+ SSH key pair', '+ network odin-demo', '+ host ws-1', '+ host ws-2'],
    ],
    ['a host is missing', seen([up('ws-1')]), ['+ host ws-2']],
    ['a host is off', seen([up('ws-1'), up('ws-2', { state: 'exited', answers: false })]), ['~ host ws-2']],
    ['a run was cut off', seen([up('ws-1'), up('ws-2', { state: 'created', answers: false })]), ['~ host ws-2']],
    ['a host hangs', seen([up('ws-1'), up('ws-2', { answers: false })]), ['~ host ws-2']],
    ['an older image is shown and kept', seen([up('ws-1'), up('ws-2', { image: 'old' })]), ['~ host ws-2 kept']],
    ['other ports are shown and kept', seen([up('ws-1'), up('ws-2', { flags: 'old' })]), ['~ host ws-2 kept']],
    ['a host that left the inventory is kept', seen([up('ws-1'), up('ws-2'), up('ws-3')]), ['~ host ws-3 kept']],
  ];
  it.each(table)('%s', (_, state, expected) => {
    const lines = planSandbox(wanted, state).map(({ action, what, kept }) => `${action} ${what}${kept ? ' kept' : ''}`);
    expect(lines).toEqual(expected);
  });

  it('names all that differs, and what to do', () => {
    const [change] = planSandbox(wanted, seen([up('ws-1', { image: 'old', flags: 'old' }), up('ws-2')]));
    expect(change?.detail).toMatch(/an older image and other ports or flags.*make sandbox-down ENV=demo/);
  });
});

describe('repairs', () => {
  const table: [string, boolean, string | undefined][] = [
    ['running', true, undefined],
    ['running', false, 'restart'],
    ['exited', false, 'start'],
    ['created', false, 'start'],
    ['dead', false, 'recreate'],
    ['removing', false, 'recreate'],
  ];
  it.each(table)('%s, answers %s', (state, answers, expected) => {
    expect(repairOf(up('ws-1', { state, answers }))?.action).toBe(expected);
  });
});

describe('a machine without a Docker that answers', () => {
  const docker = { program: 'docker', package: 'docker.io', why: 'runs the containers' };
  const dockerd = { program: 'dockerd', package: 'docker.io', why: 'runs the containers' };

  it('names each package once, with all its reasons', () => {
    const changes = planPrerequisites({ tools: [docker, dockerd], docker: true });
    expect(changes.map(({ what }) => what)).toEqual(['package docker.io on this machine', 'docker on this machine']);
    expect(changes[0]?.detail).toBe('docker runs the containers; dockerd runs the containers');
  });

  it('holds no host where Docker is not installed, and maybe some where it is only off', () => {
    const installed = planUnseen(wanted, { tools: [], docker: true });
    expect(installed.map(({ action, detail }) => `${action} ${detail}`)).toEqual(
      Array(2).fill('~ (known after docker)'),
    );
    const bare = planUnseen(wanted, { tools: [docker], docker: true });
    expect(bare.map(({ action, what }) => `${action} ${what}`)).toContain('+ host ws-1');
  });
});
