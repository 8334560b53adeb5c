import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Competitors } from './competitors.ts';
import type { Lab, Target } from './lab.ts';
import { timed } from './measure.ts';
import { Ssh } from './plain-ssh.ts';
import type { Item } from './workload.ts';

/** As it comes, with pipelining, and with Mitogen's connections and strategy. */
export type Flavour = 'ansible' | 'pipelined' | 'mitogen';

/** One resource as a task. */
function taskOf(item: Item): Record<string, unknown> {
  switch (item.kind) {
    case 'packages':
      return { apt: { name: item.names, state: 'present' } };
    case 'directory':
      return { file: { path: item.path, state: 'directory', owner: 'root', group: 'root', mode: '0755' } };
    case 'file':
      return { copy: { dest: item.path, content: item.content, owner: 'root', group: 'root', mode: '0644' } };
    case 'line':
      return { lineinfile: { path: item.path, regexp: item.match, line: item.line } };
    case 'service':
      return { systemd_service: { name: item.unit, state: 'started', enabled: true } };
    case 'sysctl':
      return {
        'ansible.posix.sysctl': {
          name: item.key,
          value: item.value,
          sysctl_set: true,
          reload: false,
          sysctl_file: '/etc/sysctl.d/60-odin-bench-0.conf',
        },
      };
  }
}

/** Ansible at its best for this: no facts, the interpreter named, connections that stay. */
export class Ansible {
  private readonly folder: string;
  private readonly ssh: Ssh;
  private readonly competitors: Competitors;
  private readonly flavour: Flavour;

  constructor(folder: string, flavour: Flavour, lab: Lab, competitors: Competitors, targets: readonly Target[]) {
    this.folder = join(folder, flavour);
    this.flavour = flavour;
    this.competitors = competitors;
    this.ssh = new Ssh(folder, flavour.slice(0, 1), lab.identity, targets);
    mkdirSync(this.folder, { recursive: true });
    for (const target of targets) writeFileSync(this.inventory(target), inventoryOf(target, lab.identity));
  }

  /** What is to be true from now on. */
  declare(items: readonly Item[]): void {
    writeFileSync(
      join(this.folder, 'site.yml'),
      stringify([{ hosts: 'all', gather_facts: false, tasks: items.map(taskOf) }]),
    );
  }

  /** Seconds of a run that finds everything as it should be. */
  noOp(target: Target): Promise<number> {
    return this.play(target, /changed=0 .*unreachable=0 .*failed=0 /);
  }

  /** Seconds of a run that changes something. */
  deploy(target: Target): Promise<number> {
    return this.play(target, /changed=[1-9].*unreachable=0 .*failed=0 /);
  }

  /** Makes sure that its connection is there. */
  connect(target: Target): Promise<number> {
    return timed({ argv: this.ssh.command(target, 'true') });
  }

  disconnect(): Promise<void> {
    return this.ssh.disconnect();
  }

  private inventory({ port }: Target): string {
    return join(this.folder, `${port}.yml`);
  }

  private play(target: Target, says: RegExp): Promise<number> {
    const mitogen = this.flavour === 'mitogen';
    return timed({
      argv: [this.competitors.program('ansible-playbook'), '-i', this.inventory(target), 'site.yml'],
      cwd: this.folder,
      env: {
        ANSIBLE_HOME: this.folder,
        ANSIBLE_NOCOLOR: '1',
        ANSIBLE_DEPRECATION_WARNINGS: '0',
        ANSIBLE_SSH_ARGS: this.ssh.options().join(' '),
        ANSIBLE_PIPELINING: this.flavour === 'ansible' ? '0' : '1',
        ...(mitogen
          ? { ANSIBLE_STRATEGY: 'mitogen_linear', ANSIBLE_STRATEGY_PLUGINS: this.competitors.strategies }
          : {}),
      },
      says,
    });
  }
}

function inventoryOf({ name, address, port }: Target, identity: string): string {
  const host = {
    ansible_host: address,
    ansible_port: port,
    ansible_user: 'root',
    ansible_ssh_private_key_file: identity,
    ansible_python_interpreter: '/usr/bin/python3',
  };
  return stringify({ all: { hosts: { [name]: host } } });
}
