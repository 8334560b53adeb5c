import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { EXIT_CHANGED } from '#engine/run.ts';
import type { Lab, Target } from './lab.ts';
import { type Invocation, timed } from './measure.ts';
import { closeSockets } from './plain-ssh.ts';
import { PEAK_FILE } from './play.ts';
import type { benchRole } from './role.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** What is started for the kit. */
export const PLAY = resolve(import.meta.dirname, 'play.mjs');

/** The kit, as make runs it: a script for an environment. */
export class Ours {
  private readonly inventory: string;
  private readonly runtime: string;
  private readonly lab: Lab;

  constructor(folder: string, lab: Lab) {
    this.lab = lab;
    this.inventory = join(folder, 'inventory');
    this.runtime = join(folder, 'run');
    mkdirSync(this.inventory, { recursive: true });
    mkdirSync(this.runtime, { recursive: true, mode: 0o700 });
  }

  /** Declares an environment of hosts that exist. */
  declare(env: string, targets: readonly Target[], vars: { blocks: number; services: boolean }): void {
    const hosts = targets.map(({ name, address, port }, i) => {
      const groups = [i === 0 ? 'backend' : 'ws'];
      return [name, { groups, address, port }];
    });
    const file = {
      provider: 'static',
      hosts: Object.fromEntries(hosts),
      ssh: { user: 'root', identity_file: this.lab.identity },
      network: {},
      vars: { [ROLE]: vars },
    };
    writeFileSync(join(this.inventory, `${env}.yml`), stringify(file));
    writeFileSync(join(this.inventory, `${env}.known_hosts`), targets.map(({ pin }) => `${pin}\n`).join(''));
  }

  /** Seconds of a run that finds everything as it should be. */
  noOp(env: string): Promise<number> {
    return timed(this.invocation(env, [0]));
  }

  /** The same as a person types it, without make: `npx zx scripts/deploy.mjs`. */
  byZx(env: string): Promise<number> {
    const { argv, ...rest } = this.invocation(env, [0]);
    return timed({ ...rest, argv: ['zx', ...argv.slice(1)] });
  }

  /** Seconds of a run that changes something. */
  deploy(env: string): Promise<number> {
    return timed(this.invocation(env, [EXIT_CHANGED]));
  }

  /** Makes everything as it should be, whatever it was. */
  async converge(env: string): Promise<void> {
    await timed(this.invocation(env, [0, EXIT_CHANGED]));
  }

  /** The most memory that a run had, in MiB. */
  async peak(env: string): Promise<number> {
    const file = join(this.inventory, 'peak');
    await timed(this.invocation(env, [0], { [PEAK_FILE]: file }));
    return Number(readFileSync(file, 'utf8')) / 1024;
  }

  /** Seconds until a script has told its flags: what a start costs before anything is done. */
  start(script: readonly string[]): Promise<number> {
    return timed({ argv: [...script, '--help'], cwd: ROOT });
  }

  disconnect(): Promise<void> {
    const folder = join(this.runtime, `odin-${process.getuid?.() ?? 0}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    return closeSockets(folder);
  }

  private invocation(env: string, statuses: readonly number[], more: Record<string, string> = {}): Invocation {
    return {
      argv: ['node', PLAY, '--env', env],
      env: { ODIN_INVENTORY: this.inventory, XDG_RUNTIME_DIR: this.runtime, ...more },
      cwd: ROOT,
      statuses,
    };
  }
}

const ROLE: typeof benchRole.name = 'bench';
