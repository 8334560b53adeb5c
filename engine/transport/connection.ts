import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { KitError } from '../errors.ts';
import type { Access, Host } from '../inventory/inventory.ts';
import { guard } from '../lock/shell.ts';
import { type Answer, AnswerReader, compile, hearing, type Piece } from '../program.ts';
import { askedAhead } from './ahead.ts';
import { isDropped, SSH_FAILED, sshFailure } from './failure.ts';
import { tunnelSocket } from './private-folder.ts';
import { runSsh, type SshEnd } from './process.ts';
import { type Asked, ask, type Question } from './question.ts';
import { remoteCommand } from './remote-command.ts';
import { CONNECT_TIMEOUT_S, interactiveArguments, loginCommand, sharedSocket, sshArguments } from './ssh.ts';

const LAST_LINES = 20;
/** What timeout(1) answers when the whole program's time was up. */
const TIMED_OUT = 124;
/** Beyond the program's own deadline, for the login and for ending what runs: then this machine gives up. */
const GIVE_UP_S = CONNECT_TIMEOUT_S + 20;
/** Logins that were dropped before a word was said are tried this often; each time after a random part of a longer pause. */
const LOGIN_ATTEMPTS = 5;
const LOGIN_PAUSE_MS = 1_000;
/** With a shared connection ssh keeps to itself what a ProxyCommand complains about: the last attempt is without one. */
const UNSHARED = ['-o', 'ControlMaster=no', '-o', 'ControlPath=none'];
/** What a command of the shared connection, such as a tunnel, may take. */
const CONTROL_MS = 20_000;

export interface ExecuteOptions {
  /** The whole program is killed on the host after this many seconds. */
  deadlineSeconds: number;
  /** The program may hold secrets: it never becomes an argument. */
  secret?: boolean;
  /** It only keeps or ends the lock: counted apart from executions. */
  heartbeat?: boolean;
  /** It only looks, and the next run with the same words may ask it before it knows why. Nobody hears its answers one by one. */
  ahead?: boolean;
  onBegin?: (id: string) => void;
  onEnd?: (answer: Answer) => void;
}

/** What a program answered, and how it ended. */
export interface Execution {
  answers: ReadonlyMap<string, Answer>;
  /** Why the program did not come to its end, if it did not. */
  cut?: string;
  /** The piece that was running when the program was cut off, if one was. */
  unfinished?: { id: string; output: string };
  stderr: string;
}

/** A program that was cut off, as an error that says what was running. Undefined for one that came to its end. */
export function cutOff(host: Host, { cut, unfinished, stderr }: Execution): KitError | undefined {
  if (cut === undefined) return undefined;
  return new KitError('cut-off', unfinished ? `${cut} while "${unfinished.id}" was running` : cut, {
    host: host.name,
    lastLines: lastLines(unfinished?.output.trim() || stderr),
  });
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
  /** Nothing was asked of the host in this run. */
  private untouched = true;
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
    const contents = pieces.flatMap(({ input = [] }) => input);
    const { deadlineSeconds, secret = false } = options;
    const more = contents.length > 0;
    const { command, stdin } = remoteCommand(program, this.user, { deadlineSeconds, secret, more });
    // Only what a run asks first: later answers tell what came of it. A program on standard input is not part of the question.
    let mayBeAhead = options.ahead === true && this.untouched && stdin === undefined;
    this.untouched = false;
    for (let attempt = 1; ; attempt += 1) {
      const question = this.question(command, deadlineSeconds, attempt === LOGIN_ATTEMPTS ? UNSHARED : []);
      const early = mayBeAhead ? askedAhead(question) : undefined;
      mayBeAhead = false;
      const fresh = (): Asked => {
        const reader = new AnswerReader(program.nonce, options.onBegin, hearing(pieces, options.onEnd));
        return ask(question, program.nonce, reader, { stdin, contents });
      };
      if (early === 'wasted') this.executions += 1;
      const { reader, end: ending } = early && early !== 'wasted' ? early : fresh();
      const end = await ending;
      if (end.status === SSH_FAILED && !reader.begun) {
        if (!isDropped(end.stderr) || attempt === LOGIN_ATTEMPTS)
          throw sshFailure(this.host, this.user, end.stderr, this.env);
        await sleep(Math.random() * LOGIN_PAUSE_MS * attempt);
        continue;
      }
      if (options.heartbeat) this.heartbeats += 1;
      else this.executions += 1;
      return this.executionOf(reader, end, deadlineSeconds);
    }
  }

  private question(command: string, deadlineSeconds: number, first: readonly string[]): Question {
    const { host, user, access, knownHosts } = this;
    return {
      host: { name: host.name, address: host.address, port: host.port },
      socket: sharedSocket(host, user, access, knownHosts),
      words: [...first, ...this.words],
      command,
      deadlineMs: (deadlineSeconds + GIVE_UP_S) * 1000,
    };
  }

  private executionOf(reader: AnswerReader, end: SshEnd, deadlineSeconds: number): Execution {
    if (!reader.begun && /^sudo: /m.test(end.stderr)) {
      throw new KitError('sudo-refused', `${this.user} may not use sudo without a password`, {
        host: this.host.name,
        lastLines: end.stderr,
        next: `ssh ${this.user}@${this.host.address} sudo -n true`,
      });
    }
    if (end.inputError)
      throw new KitError('local-file-unreadable', `what was to be sent cannot be read: ${end.inputError.message}`, {
        host: this.host.name,
      });
    const unfinished = reader.unfinished();
    const cut = reader.done ? undefined : whyCut(end, deadlineSeconds);
    return {
      answers: reader.answers,
      stderr: lastLines(end.stderr.trim() || reader.noise),
      ...(cut === undefined ? {} : { cut }),
      ...(unfinished ? { unfinished } : {}),
    };
  }

  private get words(): string[] {
    return sshArguments(this.host, this.user, this.access, this.knownHosts);
  }

  /**
   * Opens a tunnel through this host to `address:port` as the host sees it.
   * Returns the path of a Unix socket on this machine, or with `local` listens on 127.0.0.1:local.
   */
  async forward(address: string, port: number, local?: number): Promise<string> {
    const target = `${address}:${port}`;
    const known = this.forwards.get(`${local ?? ''}>${target}`);
    if (known) return known;
    const here = local === undefined ? tunnelSocket() : `127.0.0.1:${local}`;
    const run = (): Promise<SshEnd> => this.control(['-O', 'forward', '-L', `${here}:${target}`]);
    let result = await run();
    if (result.status !== 0) {
      // No shared connection yet: make one, then ask again.
      await runSsh(this.host.name, [...this.words, '-N', '-f'], { deadlineMs: CONTROL_MS });
      result = await run();
    }
    if (result.status !== 0)
      throw new KitError('unreachable', `no tunnel to ${target}`, { host: this.host.name, lastLines: result.stderr });
    this.tunnels += 1;
    this.forwards.set(`${local ?? ''}>${target}`, here);
    return here;
  }

  /** A word to the shared connection. */
  private control(words: readonly string[]): Promise<SshEnd> {
    return runSsh(this.host.name, [...words, ...this.words], { deadlineMs: CONTROL_MS });
  }

  /** Takes down this run's tunnels. The shared login stays for the next command. */
  async close(): Promise<void> {
    for (const [key, here] of this.forwards) {
      await this.control(['-O', 'cancel', '-L', `${here}:${key.slice(key.indexOf('>') + 1)}`]);
      if (here.startsWith('/')) rmSync(here, { force: true });
    }
    this.forwards.clear();
  }

  /** The arguments of ssh for a person at a terminal. */
  interactive(): string[] {
    return interactiveArguments(this.host, this.user, this.access, this.knownHosts);
  }

  /** The command by which a person logs in to this host. */
  loginCommand(): string {
    return loginCommand(this.host, this.user, this.access, this.knownHosts);
  }
}

function whyCut({ status, late }: SshEnd, deadlineSeconds: number): string {
  if (late || status === TIMED_OUT) return `the ${deadlineSeconds} s that it had were up`;
  if (status === SSH_FAILED) return 'the connection was lost';
  return `the program ended early (status ${status})`;
}
