import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readEvents } from '#engine/report/read-events.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { sshWorld } from '../../support/ssh-world.ts';
import type { TestSshd } from '../../support/sshd.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;
const world = sshWorld(temporaryFolder());
let box: TestSshd;
let inventory: string;

interface Typed {
  code: number | null;
  out: string;
  err: string;
}

/** What a person sees who types this at the root of the checkout. */
function type(program: string, words: readonly string[], input = ''): Promise<Typed> {
  const child = spawn(program, words, {
    cwd: ROOT,
    env: {
      ...process.env,
      PATH: `${ROOT}node_modules/.bin:${process.env.PATH}`,
      NO_COLOR: '1',
      ODIN_INVENTORY: inventory,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const typed: Typed = { code: null, out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    typed.out += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    typed.err += chunk;
  });
  child.stdin.end(input);
  return new Promise((resolve) => child.on('close', (code) => resolve({ ...typed, code })));
}

const exec = (...words: string[]): Promise<Typed> => type('zx', ['scripts/exec.mjs', ...words]);
const host = (name: string, group: string, port: number): string =>
  `  ${name}: { groups: [${group}], address: 127.0.0.1, port: ${port} }`;

beforeAll(async () => {
  box = await world.sshd('box', { users: { odin: { home: { '.profile': 'PS1="ready> "\n' } } } });
  inventory = join(world.folder, 'inventory');
  mkdirSync(inventory);
  const text = (...hosts: string[]): string => ['provider: static', 'network: {}', 'hosts:', ...hosts, ''].join('\n');
  writeFileSync(join(inventory, 'up.yml'), text(host('b-1', 'backend', box.port), host('ws-1', 'ws', box.port)));
  writeFileSync(join(inventory, 'down.yml'), text(host('b-1', 'backend', box.port), host('ws-1', 'ws', 1)));
  for (const env of ['up', 'down']) writeFileSync(join(inventory, `${env}.known_hosts`), `${box.pin()}\n`);
  writeFileSync(join(inventory, 'fresh.yml'), text(host('b-1', 'backend', box.port)));
});

describe.concurrent('exec', () => {
  it.each([
    ['npx', ['zx', 'scripts/exec.mjs']],
    ['zx', ['scripts/exec.mjs']],
  ])('the words after -- arrive as they were typed, through %s', async (program, words) => {
    const all = [...words, '--env', 'up', '--limit', 'ws', '--', 'printf', '%s|', '--env', 'a  b', '$HOME', '--', '-x'];
    const { code, out, err } = await type(program, all);
    expect([code, out, err]).toEqual([0, 'ws-1  --env|a  b|$HOME|--|-x|\n', '']);
  });

  it('one word is a line of shell; each line of its output is behind its host’s name', async () => {
    const { code, out } = await exec('--env', 'up', '--limit', 'all', '--', 'id -un | tr a-z A-Z; echo two >&2');
    expect(code).toBe(0);
    expect(out.trim().split('\n').sort()).toEqual(['b-1   ROOT', 'b-1   two', 'ws-1  ROOT', 'ws-1  two']);
  });

  it.each<[what: string, words: string[], code: number, said: RegExp]>([
    [
      'it fails',
      ['--env', 'up', '--limit', 'ws', '--', 'echo why; exit 3'],
      2,
      /ws-1 {2}why\n[\s\S]*command-failed: ws-1: the command failed\n {2}exit status: 3/,
    ],
    [
      'it takes too long',
      ['--env', 'up', '--limit', 'ws', '--timeout', '1', '--', 'sleep 9'],
      2,
      /did not end within 1 s/,
    ],
    ['a host cannot be reached', ['--env', 'down', '--limit', 'all', '--', 'true'], 4, /unreachable: ws-1/],
    ['both', ['--env', 'down', '--limit', 'all', '--', 'false'], 2, /command-failed: b-1/],
    ['no --', ['--env', 'up', '--limit', 'ws', 'uptime'], 3, /the COMMAND comes after --, and there is none/],
    ['nothing after it', ['--env', 'up', '--limit', 'ws', '--'], 3, /the COMMAND comes after --/],
    ['no hosts', ['--env', 'up', '--', 'uptime'], 3, /on which hosts\? give --limit HOSTS, or --limit all/],
    ['an unknown host', ['--env', 'up', '--limit', 'ws-2', '--', 'uptime'], 3, /did you mean "ws-1"/],
    ['an unknown flag', ['--env', 'up', '--lmit', 'ws', '--', 'uptime'], 3, /did you mean "--limit"/],
  ])('%s', async (_what, words, code, said) => {
    const typed = await exec(...words);
    expect(typed.code).toBe(code);
    expect(typed.out + typed.err).toMatch(said);
  });

  it('make hands on what is in CMD', async () => {
    const { out } = await type('make', [
      '-s',
      '-o',
      'node_modules/.package-lock.json',
      'exec',
      'ENV=up',
      'LIMIT=ws',
      'CMD=echo \'it  is\' "$$((40+2))"',
    ]);
    expect(out).toBe('ws-1  it  is 42\n');
  });
});

describe('what was typed is on record', () => {
  const fresh = async (): Promise<TestSshd> => {
    const own = await world.sshd(`own-${performance.now()}`, { users: { odin: {} } });
    writeFileSync(
      join(inventory, 'own.yml'),
      `provider: static\nnetwork: {}\nhosts:\n${host('b-1', 'backend', own.port)}\n`,
    );
    writeFileSync(join(inventory, 'own.known_hosts'), `${own.pin()}\n`);
    return own;
  };
  const execThere = (...words: string[]): Promise<Typed> => exec('--env', 'own', '--limit', 'all', ...words);

  it.each([0, 3])('on the host, and in the stream as it stands there (status %d)', async (status) => {
    const own = await fresh();
    const { out } = await execThere('--json', '--', `echo said; exit ${status}`);
    const log = readFileSync(join(own.log, 'odin/audit.jsonl'), 'utf8').trimEnd();
    const [told] = readEvents(out, 'run.jsonl').filter((event) => event.type === 'run-recorded');
    expect(JSON.stringify(told?.audit)).toBe(log);
    expect(told?.audit).toMatchObject({
      what: 'command',
      command: `exec --env own --limit all --json -- echo said; exit ${status}`,
      result: status === 0 ? 'ok' : 'failed',
      exit: status,
    });
    const { out: shown } = await type('zx', ['scripts/audit.mjs', '--env', 'own']);
    expect(shown).toContain(
      `${status === 0 ? '✓' : '✗'} exec --env own --limit all --json -- echo said; exit ${status}`,
    );
  });

  it('a log that cannot be written does not keep anybody from looking', async () => {
    const own = await fresh();
    writeFileSync(join(own.log, 'odin'), 'in the way');
    const { code, out, err } = await execThere('--', 'echo said');
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('b-1  said\n') });
    expect(out + err).toContain('b-1        ! this is not on record: the audit log cannot be written');
  });
});

describe.concurrent('shell', () => {
  /** Under a terminal of its own, as script(1) makes one. */
  const atTerminal = (words: string, input: string): Promise<Typed> =>
    type('script', ['-qec', `zx scripts/shell.mjs ${words}`, '/dev/null'], input);

  it('logs in as the deploy user, at a terminal', async () => {
    const { out, code } = await atTerminal(
      '--env up ws-1',
      'echo "I am $(id -un)"; tty -s && echo at a terminal; exit\n',
    );
    expect(out).toContain('I am odin');
    expect(out).toContain('at a terminal');
    expect(code).toBe(0);
  });

  it.each<[what: string, words: string, said: string]>([
    ['no host', '--env up', 'which host? name one'],
    ['two hosts', '--env up all', 'all is 2 hosts; a login is to one'],
    ['an unknown one', '--env up ws-9', 'did you mean "ws-1"'],
    ['one that cannot be reached', '--env down ws-1', 'unreachable: ws-1'],
  ])('%s', async (_what, words, said) => {
    const { out, code } = await atTerminal(words, '');
    expect(out).toContain(said);
    expect(code).toBe(said.startsWith('unreachable') ? 4 : 3);
  });

  it('without a terminal', async () => {
    const { err, code } = await type('zx', ['scripts/shell.mjs', '--env', 'up', 'ws-1']);
    expect(err).toContain('a login needs a terminal, and there is none');
    expect(err).toContain('next: npx zx scripts/exec.mjs --env up --limit ws-1 -- uptime');
    expect(code).toBe(3);
  });
});

it('trust pins the key under the name that ssh looks for, and then a login works', async () => {
  const before = await exec('--env', 'fresh', '--limit', 'all', '--', 'true');
  expect(before.code).toBe(4);
  expect(before.out + before.err).toContain('host-key-unknown');
  expect((await type('zx', ['scripts/trust.mjs', '--env', 'fresh', '--yes'])).code).toBe(0);
  expect(readFileSync(join(inventory, 'fresh.known_hosts'), 'utf8')).toBe(`${box.pin()}\n`);
  expect((await exec('--env', 'fresh', '--limit', 'all', '--', 'true')).code).toBe(0);
});
