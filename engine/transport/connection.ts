import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { KitError } from '../errors.ts';
import type { Access, Host } from '../inventory/inventory.ts';
import { guard } from '../lock/shell.ts';
import { type Answer, AnswerReader, compile, type Piece } from '../program.ts';
import { privateFolder, remoteCommand, sshArguments, sshFailure } from './ssh.ts';

/** ssh's own exit status when it, and not the remote command, failed. */
const SSH_FAILED = 255;
const LAST_LINES = 20;

export interface ExecuteOptions {
  /** The whole program is killed on the host after this many seconds. */
  deadlineSeconds: number;
  /** The program may hold secrets: it never becomes an argument. */
  secret?: boolean;
  /** It only keeps or ends the lock: counted apart from executions. */
  heartbeat?: boolean;
  onBegin?: (id: string) => void;
  onEnd?: (answer: Answer) => void;
}

/** What a program answered, and how it ended. */
export interface Execution {
  answers: ReadonlyMap<string, Answer>;
  /** The piece that was running when the program was cut off, if one was. */
  unfinished?: { id: string; output: string };
  stderr: string;
}

/** The last lines of a text: what fits on a screen beside the error. */
export function lastLines(text: string, count = LAST_LINES): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

/** The host answers, but not to this user: another one may be let in. */
function isRefusal(error: unknown): error is KitError {
  return error instanceof KitError && (error.code === 'login-refused' || error.code === 'sudo-refused');
}

/** One host over SSH. Counts its executions, so that "one execution per host" can be shown and tested. */
export class Connection {
  readonly host: Host;
  executions = 0;
  heartbeats = 0;
  tunnels = 0;
  /** Of the lock, while this run has it: every change carries it. */
  token?: number;
  private running = 0;
  private readonly access: Access;
  private readonly env: string;
  private readonly knownHosts: string;
  private user: string;
  private readonly forwards = new Map<string, string>();

  constructor(host: Host, access: Access, env: string, knownHosts: string) {
    this.host = host;
    this.access = access;
    this.env = env;
    this.knownHosts = knownHosts;
    this.user = access.user;
  }

  /** A program is running on the host. */
  get busy(): boolean {
    return this.running > 0;
  }

  /** Runs pieces in one remote execution as root. */
  async execute(pieces: readonly Piece[], options: ExecuteOptions): Promise<Execution> {
    this.running += 1;
    try {
      return await this.executeOrBootstrap(pieces, options);
    } finally {
      this.running -= 1;
    }
  }

  /**
   * Logs in as the bootstrap user while the deploy user is not there yet, or may not use sudo yet: a first deploy may have
   * been cut off between the two.
   */
  private async executeOrBootstrap(pieces: readonly Piece[], options: ExecuteOptions): Promise<Execution> {
    const { user } = this;
    try {
      return await this.executeAs(pieces, options);
    } catch (error) {
      if (!isRefusal(error) || user === this.access.bootstrapUser) throw error;
      this.user = this.access.bootstrapUser;
      try {
        return await this.executeAs(pieces, options);
      } catch (second) {
        if (!isRefusal(second)) throw second;
        if (error.code === 'sudo-refused') throw error;
        if (second.code === 'sudo-refused') throw second;
        throw new KitError(
          'login-refused',
          `${this.host.address}:${this.host.port} refused the SSH key for ${user} and for ${this.user}`,
          error.context,
        );
      }
    }
  }

  private async executeAs(pieces: readonly Piece[], options: ExecuteOptions): Promise<Execution> {
    const changes = pieces.some(({ must }) => must);
    const program = compile(pieces, changes && this.token !== undefined ? guard(this.token) : undefined);
    const { command, stdin } = remoteCommand(program.text, this.user, options.deadlineSeconds, options.secret ?? false);
    const reader = new AnswerReader(program.nonce, options.onBegin, options.onEnd);
    const { status, stderr } = await this.ssh([command], stdin, (chunk) => reader.push(chunk));
    if (status === SSH_FAILED && reader.answers.size === 0) throw sshFailure(this.host, this.user, stderr, this.env);
    if (options.heartbeat) this.heartbeats += 1;
    else this.executions += 1;
    if (/^sudo: /m.test(stderr) && reader.answers.size === 0) {
      throw new KitError('sudo-refused', `${this.user} may not use sudo without a password`, {
        host: this.host.name,
        lastLines: stderr,
        next: `ssh ${this.user}@${this.host.address} sudo -n true`,
      });
    }
    const unfinished = reader.unfinished();
    return { answers: reader.answers, stderr: lastLines(stderr), ...(unfinished ? { unfinished } : {}) };
  }

  /** Runs ssh with these words after the destination. */
  private ssh(
    after: readonly string[],
    stdin: string | undefined,
    onOutput: (chunk: string) => void,
  ): Promise<{ status: number; stderr: string }> {
    const child: ChildProcess = spawn(
      'ssh',
      [...sshArguments(this.host, this.user, this.access, this.knownHosts), ...after],
      {
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    );
    return new Promise((resolve, reject) => {
      let stderr = '';
      let open = true;
      child.stdout
        ?.setEncoding('utf8')
        .on('data', onOutput)
        .on('end', () => {
          open = false;
        });
      child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
        stderr += chunk;
      });
      child.on('error', (cause) =>
        reject(
          new KitError('unreachable', `cannot run ssh: ${cause.message}`, {
            host: this.host.name,
            next: 'apt-get install openssh-client',
          }),
        ),
      );
      // Not 'close': the shared connection that stays behind may hold our standard error open.
      child.on('exit', (code) => {
        const finish = (): void => {
          child.stderr?.destroy();
          child.stdout?.destroy();
          resolve({ status: code ?? SSH_FAILED, stderr });
        };
        if (open && child.stdout) child.stdout.once('end', () => setImmediate(finish));
        else setImmediate(finish);
      });
      // A host that refuses the login closes the pipe before it has read the program: the exit status tells the story.
      child.stdin?.on('error', () => {});
      child.stdin?.end(stdin ?? '');
    });
  }

  /**
   * Opens a tunnel through this host to `address:port` as the host sees it.
   * Returns the path of a Unix socket on this machine, or with `local` listens on 127.0.0.1:local.
   */
  async forward(address: string, port: number, local?: number): Promise<string> {
    const target = `${address}:${port}`;
    const known = this.forwards.get(`${local ?? ''}>${target}`);
    if (known) return known;
    const here =
      local === undefined ? join(privateFolder(), `t-${randomBytes(6).toString('hex')}`) : `127.0.0.1:${local}`;
    const arguments_ = sshArguments(this.host, this.user, this.access, this.knownHosts);
    const run = (): Promise<{ status: number; stderr: string }> =>
      this.sshControl(['-O', 'forward', '-L', `${here}:${target}`, ...arguments_]);
    let result = await run();
    if (result.status !== 0) {
      // No shared connection yet: make one, then ask again.
      await this.ssh(['-N', '-f'], undefined, () => {});
      result = await run();
    }
    if (result.status !== 0)
      throw new KitError('unreachable', `no tunnel to ${target}`, { host: this.host.name, lastLines: result.stderr });
    this.tunnels += 1;
    this.forwards.set(`${local ?? ''}>${target}`, here);
    return here;
  }

  private sshControl(all: readonly string[]): Promise<{ status: number; stderr: string }> {
    const child = spawn('ssh', all, { stdio: ['ignore', 'ignore', 'pipe'] });
    return new Promise((resolve, reject) => {
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        stderr += chunk;
      });
      child.on('error', reject);
      child.on('exit', (code) => resolve({ status: code ?? SSH_FAILED, stderr }));
    });
  }

  /** Takes down this run's tunnels. The shared login stays for the next command, see PERSIST_S. */
  async close(): Promise<void> {
    const arguments_ = sshArguments(this.host, this.user, this.access, this.knownHosts);
    for (const [key, here] of this.forwards) {
      await this.sshControl(['-O', 'cancel', '-L', `${here}:${key.slice(key.indexOf('>') + 1)}`, ...arguments_]);
      if (here.startsWith('/')) rmSync(here, { force: true });
    }
    this.forwards.clear();
  }

  /** The command by which a person logs in to this host. */
  loginCommand(): string {
    const words = sshArguments(this.host, this.user, this.access, this.knownHosts).filter((word, i, all) => {
      const option = word === '-o' ? all[i + 1] : word;
      return !/^(BatchMode|Control|ServerAlive|UpdateHostKeys|LogLevel|ConnectTimeout)/.test(option ?? '');
    });
    return ['ssh', ...words].join(' ');
  }
}
