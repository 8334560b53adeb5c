import { readFile } from 'node:fs/promises';
import { inventorySchema } from '#engine/inventory/schema.ts';
import { docker } from '#engine/local/docker.ts';
import { until } from '#engine/local/wait.ts';
import type { Environment } from '#engine/provider.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import { down } from '#providers/sandbox/down.ts';
import { hostImage } from '#providers/sandbox/host-image.ts';
import { authorize } from '#providers/sandbox/hosts.ts';
import { identityFile } from '#providers/sandbox/identity.ts';
import { containerName, ENV_LABEL, networkName } from '#providers/sandbox/names.ts';
import { saysHello } from '#providers/sandbox/observe.ts';
import { sandbox } from '#providers/sandbox/provider.ts';
import { delayingProxy, type FarPort } from './proxy.ts';
import { firstSettings, resetScript } from './workload.ts';

const ENV = 'bench-engine';
const HOST = 'host-1';
const ENVIRONMENT: Environment = {
  env: ENV,
  file: inventorySchema.parse({ provider: 'sandbox', hosts: { [HOST]: { groups: ['backend'] } }, network: {} }),
};
const SSHD_MS = { deadlineMs: 30_000, everyMs: 100 };

/** What logs in to a host, and how. */
export interface Target {
  name: string;
  address: string;
  port: number;
  /** Its line of a known_hosts file. */
  pin: string;
}

/** The hosts of the bench, and what leads to them. */
export class Lab {
  readonly identity = identityFile(ENV);
  private readonly proxies: FarPort[] = [];
  private readonly report: Reporter;

  constructor(report: Reporter) {
    this.report = report;
  }

  /** One host of the sandbox, with the Python that the others need. Returns its address as it is. */
  async boot(): Promise<Target> {
    await down(ENV, this.report);
    await sandbox.apply(ENVIRONMENT, await sandbox.plan(ENVIRONMENT), this.report);
    const { addresses, hostKeys } = await sandbox.reach(ENVIRONMENT);
    this.report.step(HOST, 'installing Python, which the others need on a host');
    const install = 'apt-get -qq -y install --no-install-recommends python3 python3-apt >/dev/null';
    await this.inside(HOST, `${install} || { apt-get -qq update && ${install}; }`);
    await this.reset();
    const [key = ''] = hostKeys;
    return targetOf(HOST, addresses[HOST]?.address ?? '', 22, key.slice(key.indexOf(' ') + 1));
  }

  /** Makes the host as it was before any tool touched it. */
  async reset(): Promise<void> {
    await this.inside(HOST, resetScript());
  }

  /** Containers on the sandbox's network in which nothing but sshd runs. */
  async bootFleet(count: number): Promise<Target[]> {
    const began = performance.now();
    const names = Array.from({ length: count }, (_, i) => `sshd-${i + 1}`);
    const [{ tag }, publicKey] = await Promise.all([hostImage(), readFile(`${this.identity}.pub`, 'utf8')]);
    const settings = firstSettings().flatMap((setting) => ['--sysctl', setting]);
    const start = `mkdir -p /run/sshd; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key </dev/null; exec /usr/sbin/sshd -D`;
    const targets: Target[] = [];
    for (const name of names) {
      const container = containerName(ENV, name);
      await docker([
        ...['create', '--name', container, '--hostname', name, '--network', networkName(ENV)],
        ...['--label', `${ENV_LABEL}=${ENV}`, ...settings, '--entrypoint', '/bin/sh', tag, '-c', start],
      ]);
      await authorize(ENV, name, publicKey);
      await docker(['start', container]);
      const address = await docker([
        'inspect',
        '-f',
        `{{(index .NetworkSettings.Networks "${networkName(ENV)}").IPAddress}}`,
        container,
      ]);
      await until(async () => (await saysHello(address)) || undefined, SSHD_MS);
      await this.inside(name, resetScript(false));
      const key = await this.inside(name, 'cat /etc/ssh/ssh_host_ed25519_key.pub');
      targets.push(targetOf(name, address, 22, key));
    }
    this.report.done('local', `${count} containers with sshd answer`, performance.now() - began);
    return targets;
  }

  /** The same host from far away. Without a round trip, the host itself. */
  async from(target: Target, roundTripMs: number): Promise<Target> {
    if (roundTripMs === 0) return target;
    const proxy = await delayingProxy(target.address, target.port, roundTripMs);
    this.proxies.push(proxy);
    return targetOf(target.name, '127.0.0.1', proxy.port, target.pin.slice(target.pin.indexOf(' ') + 1));
  }

  private inside(name: string, script: string): Promise<string> {
    return docker(['exec', '-e', 'DEBIAN_FRONTEND=noninteractive', containerName(ENV, name), 'sh', '-c', script]);
  }

  async close(): Promise<void> {
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
    await down(ENV, this.report);
  }
}

/** `key` is a public key's line. */
function targetOf(name: string, address: string, port: number, key: string): Target {
  const place = port === 22 ? address : `[${address}]:${port}`;
  return { name, address, port, pin: `${place} ${key.split(' ').slice(0, 2).join(' ')}` };
}
