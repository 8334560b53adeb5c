import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Piece } from '#engine/program.ts';
import { askAhead, askNothingAhead, keepQuestions } from '#engine/transport/ahead.ts';
import { Connection } from '#engine/transport/connection.ts';
import { privateFolder } from '#engine/transport/private-folder.ts';
import type { Question } from '#engine/transport/question.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { standInForSsh } from '../../support/ssh-stand-in.ts';
import { until } from '../../support/wait.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;
const ADDRESS = '192.0.2.7';
const folder = temporaryFolder();
const ssh = standInForSsh(folder);
const inventory = join(folder, 'inventory');
const hosts = join(inventory, 'prod.yml');
const HOSTS = `provider: static\nnetwork: {}\nhosts:\n  b-1: { groups: [backend], address: ${ADDRESS} }\n`;

interface Ended {
  code: number | null;
  said: string;
  /** How often ssh was started. */
  asked: number;
}

/** A plan of one role, as a process of its own. */
async function plan(...words: string[]): Promise<Ended> {
  const before = ssh.calls().length;
  const child = spawn('node', ['scripts/plan.mjs', '--env', 'prod', '--tags', 'docker', ...words], {
    cwd: ROOT,
    env: { ...process.env, ODIN_INVENTORY: inventory, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, said: said.replaceAll(/\d+\.\d s/g, 'N s'), asked: ssh.calls().length - before };
}

const files = (ending: string): string[] =>
  readdirSync(privateFolder())
    .filter((name) => name.endsWith(ending))
    .map((name) => join(privateFolder(), name));

/** The note of the only run so far, as it is or with something replaced. */
const note = (): string => readFileSync(files('.ahead')[0] ?? '', 'utf8');
const rewrite = (change: (text: string) => string): void => writeFileSync(files('.ahead')[0] ?? '', change(note()));
/** Another question than the run will have. */
const doctor = (): void => rewrite((text) => text.replace('timeout -k 5 ', 'timeout -k 6 '));

beforeEach(() => {
  mkdirSync(inventory, { recursive: true });
  writeFileSync(hosts, HOSTS);
  writeFileSync(join(inventory, 'prod.known_hosts'), `${ADDRESS} ssh-ed25519 AAAA\n`);
  for (const path of files('.ahead')) rmSync(path);
});

it('the same words ask the same once, and hear the same', async () => {
  const first = await plan();
  expect(first, first.said).toMatchObject({ code: 0, asked: 1 });
  expect(first.said).toContain('b-1');
  expect(await plan()).toEqual(first);
});

it('asks before the inventory is read', async () => {
  await plan();
  const { atimeNs, mtimeNs } = statSync(hosts, { bigint: true });
  writeFileSync(hosts, HOSTS.replace('groups', 'gruops'));
  const seconds = (ns: bigint): number => Number(ns) / 1e9;
  utimesSync(hosts, seconds(atimeNs), seconds(mtimeNs));
  // As far as the file's time can be set back: to the microsecond.
  rewrite((text) => text.replace(`${mtimeNs} `, `${statSync(hosts, { bigint: true }).mtimeNs} `));
  const { code, said, asked } = await plan();
  expect(said).toContain('inventory-invalid');
  expect({ code, asked }).toEqual({ code: 3, asked: 1 });
});

it('what it turns out not to want to know does not count, and is not asked again', async () => {
  const first = await plan();
  const before = note();
  doctor();
  const said = first.said.replace('executions=1', 'executions=2');
  expect(await plan()).toEqual({ ...first, said, asked: 2 });
  expect(note()).toBe(before);
  expect(await plan()).toEqual(first);
});

describe('does not ask ahead', () => {
  it('when the inventory has changed', async () => {
    await plan();
    doctor();
    writeFileSync(hosts, `${HOSTS}# other\n`);
    expect(await plan()).toMatchObject({ code: 0, asked: 1 });
  });

  it('for other words', async () => {
    await plan();
    doctor();
    expect(await plan('--diff')).toMatchObject({ code: 0, asked: 1 });
    expect(files('.ahead')).toHaveLength(2);
  });

  it('without the pinned keys', async () => {
    await plan();
    doctor();
    for (const path of files('.known_hosts')) rmSync(path);
    expect(await plan()).toMatchObject({ code: 0, asked: 1 });
  });
});

it('a host that refuses is told the same, after the same logins', async () => {
  for (const user of ['odin', 'root'])
    ssh.answer(`${user}@${ADDRESS}`, 'echo "Permission denied (publickey)." >&2; exit 255');
  const first = await plan();
  expect(first.said).toContain('login-refused');
  expect(first).toMatchObject({ code: 4, asked: 2 });
  expect(await plan()).toEqual(first);
});

describe('in one process', () => {
  const connect = (address: string): Connection => {
    const host = { name: address, groups: [], address, port: 22, internal: address, vars: {} };
    return new Connection(host, { user: 'root', bootstrapUser: 'root', hostKeys: [] }, 'prod', join(folder, 'pins'));
  };
  const look = (script: string): Piece[] => [{ id: 'look', script, timeoutSeconds: 5, quick: true }];
  const ask = async (to: string | Connection, script: string, ahead = true): Promise<string | undefined> => {
    const connection = typeof to === 'string' ? connect(to) : to;
    const { answers } = await connection.execute(look(script), { deadlineSeconds: 20, ahead });
    return answers.get('look')?.output;
  };
  const pins = join(folder, 'pins');
  /** The hosts of the note that is kept now, if one is. */
  const kept = (...sources: string[]): string[] => {
    keepQuestions(sources, pins);
    if (files('.ahead').length === 0) return [];
    const { questions } = JSON.parse(note()) as { questions: Question[] };
    return questions.map(({ host }) => host.name);
  };
  beforeEach(() => {
    writeFileSync(pins, '');
    askAhead();
  });
  afterEach(() => askNothingAhead());
  /** More than an argument holds, however it is packed. */
  const large = (last: string): string => `: ${randomBytes(60_000).toString('hex')}\necho ${last}`;

  it('only what says so, and stands whole in the argument, is kept for the next run', async () => {
    expect(await ask('192.0.2.1', 'echo 1')).toBe('1');
    expect(await ask('192.0.2.2', 'echo 2', false)).toBe('2');
    expect(await ask('192.0.2.3', large('3'))).toBe('3');
    expect(kept()).toEqual(['192.0.2.1']);
  });

  it('only what was asked first of a host: what is asked later tells what came of it', async () => {
    const [large3, other] = [connect('192.0.2.3'), connect('192.0.2.4')];
    await ask(large3, large('3'));
    await ask(large3, 'echo later');
    await ask(other, 'echo 4', false);
    await ask(other, 'echo later');
    expect(kept()).toEqual([]);
  });

  it('nothing, once hosts may have been made or started', async () => {
    await ask('192.0.2.1', 'echo 1');
    askNothingAhead();
    expect(kept()).toEqual([]);
  });

  it.each(['', 'null', '{}', '{"questions":'])('a note that is %j asks nothing and stops nobody', async (text) => {
    await ask('192.0.2.1', 'echo 1');
    kept();
    rewrite(() => text);
    const before = ssh.calls().length;
    askAhead();
    await ask('192.0.2.1', 'echo 1');
    expect(ssh.calls().length - before).toBe(1);
  });

  it('a source that cannot be looked at is one like any other', async () => {
    await ask('192.0.2.1', 'echo 1');
    expect(kept(join(pins, 'below-a-file'))).toEqual(['192.0.2.1']);
    askAhead();
    const before = ssh.calls().length;
    expect(await ask('192.0.2.1', 'echo 1')).toBe('1');
    expect(ssh.calls().length - before).toBeLessThanOrEqual(1);
  });

  it('ends what turns out to be another question, and counts it', async () => {
    await ask('192.0.2.1', 'echo 1');
    kept();
    const pid = join(folder, 'pid');
    ssh.answer('root@192.0.2.1', `echo $$ >${pid}; exec sleep 30`);
    askAhead();
    await until('the early one runs', () => existsSync(pid) && readFileSync(pid, 'utf8').endsWith('\n'));
    ssh.answer('root@192.0.2.1', ':');
    const connection = connect('192.0.2.1');
    expect(await ask(connection, 'echo other')).toBe('other');
    expect(connection.executions).toBe(2);
    await until('the early one is gone', () => !existsSync(`/proc/${readFileSync(pid, 'utf8').trim()}/exe`));
  });
});

it('a folder that others may enter is told as in any run', async () => {
  await plan();
  const own = privateFolder();
  chmodSync(own, 0o755);
  try {
    const { code, said, asked } = await plan();
    expect(said).toMatch(/^folder-exposed: /m);
    expect({ code, asked }).toEqual({ code: 3, asked: 0 });
  } finally {
    chmodSync(own, 0o700);
  }
});

it('the note is its owner’s alone', async () => {
  await plan();
  expect(statSync(files('.ahead')[0] ?? '').mode & 0o777).toBe(0o600);
});
