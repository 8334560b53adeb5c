import { expect, it } from 'vitest';
import { createArguments, flagsKey } from '#providers/sandbox/hosts.ts';
import type { Publish } from '#providers/sandbox/publish.ts';

const publish: Publish[] = [
  { host: 'lb-1', address: '127.0.0.1', port: 3004, hostPort: 3004, written: '127.0.0.1:3004:3004' },
];
const host = {
  env: 'demo',
  name: 'lb-1',
  image: { key: 'k', tag: 'image:k' },
  address: '10.77.0.14',
  publish,
  capabilities: ['--cap-add', 'ALL'],
};

it('makes a container that can boot systemd and hold an engine, without --privileged', () => {
  const args = createArguments(host);
  const line = args.join(' ');
  expect(args[0]).toBe('create');
  expect(args.at(-1)).toBe('image:k');
  for (const part of [
    '--name odin-demo-lb-1 --hostname lb-1',
    '--network odin-demo --ip 10.77.0.14',
    '--label odin-deploy.env=demo',
    '--label odin-deploy.host=lb-1',
    '--volume odin-demo-lb-1-docker:/var/lib/docker',
    '-p 127.0.0.1:3004:3004',
    '--cap-add ALL',
    '--cgroupns private',
    '--tmpfs /run:exec --tmpfs /tmp:exec',
    '--stop-signal SIGRTMIN+3',
  ]) {
    expect(line).toContain(part);
  }
  expect(args).not.toContain('--privileged');
});

it('tells hosts with other ports apart, and only those', () => {
  expect(flagsKey(publish)).toBe(flagsKey([...publish]));
  expect(flagsKey(publish)).not.toBe(flagsKey([]));
});
