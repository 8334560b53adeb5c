/**
 * A real sshd of OpenSSH on a free port of 127.0.0.1, with users of its own: it runs in a mount namespace in which
 * /etc/passwd and its like are other files, and /var/log another folder, so that nothing of this machine changes.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { hasProgram, install } from '#engine/local/apt.ts';
import { withPrivilege } from '#engine/local/privilege.ts';
import { lineReporter } from '#engine/report/reporter.ts';
import { until } from './wait.ts';

const SSHD = '/usr/sbin/sshd';
const TOOLS = [
  { program: SSHD, package: 'openssh-server' },
  { program: 'sudo', package: 'sudo' },
  { program: 'tcsh', package: 'tcsh' },
];

/** What the tests of a real sshd need, where this machine does not have it. */
export async function installSshd(): Promise<void> {
  const missing: string[] = [];
  for (const tool of TOOLS) if (!(await hasProgram(tool.program))) missing.push(tool.package);
  if (missing.length > 0) await install(missing, lineReporter(console.log, false));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || !address) throw new Error('no free port');
  return address.port;
}

/** A new key pair; returns the path of the private half. */
export function newKey(path: string): string {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path]);
  return path;
}

/** A user of one sshd. */
export interface TestUser {
  shell?: string;
  /** May use sudo without a password; yes unless said otherwise. */
  sudo?: boolean;
  /** Files of the home folder, such as `.bashrc`. */
  home?: Record<string, string>;
}

export interface SshdOptions {
  /** Private halves whose public halves log in, as every user. */
  keys: readonly string[];
  users?: Record<string, TestUser>;
  /** More lines of sshd_config. */
  config?: readonly string[];
  /** More lines of sudoers. */
  sudoers?: readonly string[];
}

const FIRST_UID = 64_001;

export class TestSshd {
  readonly port: number;
  /** As known_hosts has it: `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  /** Stands in for its /var/log. */
  readonly log: string;
  private readonly child: ChildProcess;
  private readonly folder: string;

  private constructor(port: number, hostKey: string, child: ChildProcess, folder: string) {
    this.port = port;
    this.hostKey = hostKey;
    this.child = child;
    this.folder = folder;
    this.log = join(folder, 'log');
  }

  static async start(folder: string, { keys, users = {}, config = [], sudoers = [] }: SshdOptions): Promise<TestSshd> {
    mkdirSync(folder, { recursive: true });
    // Every user reads its keys and its home in here.
    for (const path of [folder, dirname(folder)]) chmodSync(path, 0o755);
    const at = (name: string): string => join(folder, name);
    const port = await freePort();
    if (!existsSync(at('host_key'))) newKey(at('host_key'));
    writeFileSync(at('authorized_keys'), keys.map((key) => readFileSync(`${key}.pub`, 'utf8')).join(''));
    const names = Object.entries(users);
    const lines = (of: (name: string, user: TestUser, i: number) => string): string =>
      names.map(([name, user], i) => `${of(name, user, i)}\n`).join('');
    const uid = (i: number): number => FIRST_UID + i;
    const passwd = lines(
      (name, { shell = '/bin/sh' }, i) => `${name}:x:${uid(i)}:${uid(i)}::${at(`home/${name}`)}:${shell}`,
    );
    const etc: Record<string, string> = {
      passwd: readFileSync('/etc/passwd', 'utf8') + passwd,
      group: readFileSync('/etc/group', 'utf8') + lines((name, _, i) => `${name}:x:${uid(i)}:`),
      shadow: `root:*:19000:0:99999:7:::\n${lines((name) => `${name}:*:19000:0:99999:7:::`)}`,
      sudoers: `${['root ALL=(ALL) ALL', ...sudoers].join('\n')}\n${lines((name, { sudo = true }) => `${name} ALL=(ALL) ${sudo ? 'NOPASSWD: ' : ''}ALL`)}`,
    };
    mkdirSync(at('etc'), { recursive: true });
    mkdirSync(at('log'), { recursive: true });
    for (const [name, text] of Object.entries(etc)) writeFileSync(at(`etc/${name}`), text, { mode: 0o644 });
    for (const [name, { home = {} }] of names) {
      mkdirSync(at(`home/${name}`), { recursive: true });
      for (const [file, text] of Object.entries(home)) writeFileSync(at(`home/${name}/${file}`), text);
    }
    writeFileSync(
      at('sshd_config'),
      [
        `Port ${port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${at('host_key')}`,
        `PidFile ${at('pid')}`,
        `AuthorizedKeysFile ${at('authorized_keys')}`,
        'StrictModes no',
        'UsePAM no',
        'PasswordAuthentication no',
        'PermitRootLogin prohibit-password',
        ...config,
        '',
      ].join('\n'),
    );
    const script = [
      'set -e',
      `chmod 0640 ${at('etc/shadow')}; chmod 0440 ${at('etc/sudoers')}; chown -R 0:0 ${at('etc')}`,
      // The folder of privilege separation, and the places that hold this machine's users.
      'mkdir -p /run/sshd',
      ...Object.keys(etc).map((name) => `mount --bind ${at(`etc/${name}`)} /etc/${name}`),
      `mount --bind ${at('log')} /var/log`,
      ...names.map(([name], i) => `chown -R ${uid(i)}:${uid(i)} ${at(`home/${name}`)}`),
      `exec ${SSHD} -D -e -f ${at('sshd_config')}`,
    ].join('\n');
    const [program = 'unshare', ...words] = withPrivilege(['unshare', '--mount', '--', 'sh', '-c', script]);
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      log += chunk;
    });
    await until('sshd listens', () => log.includes('Server listening'), { seen: () => log });
    const [type, key] = readFileSync(`${at('host_key')}.pub`, 'utf8').split(' ');
    return new TestSshd(port, `${type} ${key}`, child, folder);
  }

  /** A line of known_hosts for this server. */
  pin(address = '127.0.0.1'): string {
    return `[${address}]:${this.port} ${this.hostKey}`;
  }

  private get pid(): number {
    return Number(readFileSync(join(this.folder, 'pid'), 'utf8'));
  }

  /** Kills the processes that serve connections, as a cable that is pulled: nobody says goodbye. */
  cut(): void {
    const parents = new Map<number, number>();
    for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [, comm = ''] = /\((.*)\)/s.exec(stat) ?? [];
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        if (comm.startsWith('sshd')) parents.set(Number(name), parent);
      } catch {
        // It has ended since.
      }
    }
    const below = (pid: number): boolean => {
      const parent = parents.get(pid);
      return parent !== undefined && (parent === this.pid || below(parent));
    };
    const sessions = [...parents.keys()].filter(below).map(String);
    if (sessions.length === 0) throw new Error('nobody is logged in');
    const [program = 'kill', ...words] = withPrivilege(['kill', '-KILL', ...sessions]);
    execFileSync(program, words);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const gone = new Promise((resolve) => this.child.on('exit', resolve));
    const [program = 'kill', ...words] = withPrivilege(['kill', String(this.pid)]);
    execFileSync(program, words);
    await gone;
  }
}
