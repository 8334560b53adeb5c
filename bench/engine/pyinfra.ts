import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Competitors } from './competitors.ts';
import type { Lab, Target } from './lab.ts';
import { timed } from './measure.ts';
import type { Item } from './workload.ts';

const py = (value: unknown): string => JSON.stringify(value);

/** One resource as a call of an operation. */
function callOf(item: Item): string {
  switch (item.kind) {
    case 'packages':
      return `apt.packages(packages=${py(item.names)})`;
    case 'directory':
      return `files.directory(path=${py(item.path)}, user="root", group="root", mode="755")`;
    case 'file':
      return `files.put(src=StringIO(${py(item.content)}), dest=${py(item.path)}, user="root", group="root", mode="644")`;
    case 'line':
      return `files.line(path=${py(item.path)}, line=${py(`${item.match}.*$`)}, replace=${py(item.line)})`;
    case 'service':
      return `systemd.service(service=${py(item.unit)}, running=True, enabled=True)`;
    case 'sysctl':
      return `server.sysctl(key=${py(item.key)}, value=${py(item.value.includes(' ') ? item.value.split(' ').map(Number) : Number(item.value))})`;
  }
}

/** pyinfra with --yes: it asks about every resource once. Its connections are its own, and it logs in anew each time. */
export class Pyinfra {
  private readonly folder: string;
  private readonly competitors: Competitors;

  constructor(folder: string, lab: Lab, competitors: Competitors, targets: readonly Target[]) {
    this.folder = join(folder, 'pyinfra');
    this.competitors = competitors;
    mkdirSync(this.folder, { recursive: true });
    const knownHosts = join(this.folder, 'known_hosts');
    writeFileSync(knownHosts, targets.map(({ pin }) => `${pin}\n`).join(''));
    for (const { address, port } of targets) {
      const data = [
        `"ssh_port": ${port}, "ssh_user": "root", "ssh_key": ${py(lab.identity)}`,
        `"ssh_known_hosts_file": ${py(knownHosts)}, "ssh_strict_host_key_checking": "yes"`,
      ];
      writeFileSync(join(this.folder, `hosts_${port}.py`), `hosts = [(${py(address)}, {${data.join(', ')}})]\n`);
    }
  }

  /** What is to be true from now on. */
  declare(items: readonly Item[]): void {
    const imports = 'from io import StringIO\nfrom pyinfra.operations import apt, files, server, systemd\n';
    writeFileSync(join(this.folder, 'deploy.py'), `${imports}${items.map((item) => `${callOf(item)}\n`).join('')}`);
  }

  /** Seconds of a run that finds everything as it should be. */
  noOp({ port }: Target): Promise<number> {
    return timed({
      argv: [this.competitors.program('pyinfra'), '--yes', `hosts_${port}.py`, 'deploy.py'],
      cwd: this.folder,
      says: /Grand total +(\d+) +- +- +\1 /,
    });
  }
}
