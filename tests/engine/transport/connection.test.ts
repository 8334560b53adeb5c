import { describe, expect, it } from 'vitest';
import type { Access, Host } from '#engine/inventory/inventory.ts';
import type { Piece } from '#engine/program.ts';
import { Connection, lastLines } from '#engine/transport/connection.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { standInForSsh } from '../../support/ssh-stand-in.ts';

const ssh = standInForSsh(temporaryFolder());
const host: Host = { name: 'ws-1', groups: ['ws'], address: '192.0.2.7', port: 22, internal: '10.0.0.7', vars: {} };
const access: Access = { user: 'odin', bootstrapUser: 'root', hostKeys: [] };
const connect = (more: Partial<Access> = {}): Connection =>
  new Connection(host, { ...access, ...more }, 'prod', '/run/pins');
const hello: Piece[] = [{ id: 'hello', script: 'echo hello', timeoutSeconds: 5 }];
const OPTIONS = { deadlineSeconds: 20 };
const NO_SUDO = 'echo "sudo: a password is required" >&2; exit 1';
const REFUSE = 'echo "Permission denied (publickey)." >&2; exit 255';
/** Who logged in, call by call. */
const users = (): (string | undefined)[] => ssh.calls().map((words) => words[words.indexOf('-l') + 1]);

it('runs all pieces in one execution, and counts it', async () => {
  const connection = connect();
  const { answers } = await connection.execute([...hello, { ...hello[0], id: 'again' } as Piece], OPTIONS);
  expect([...answers.values()].map(({ output }) => output)).toEqual(['hello', 'hello']);
  expect(connection.executions).toBe(1);
  expect(ssh.calls()).toHaveLength(1);
});

it('a secret is in none of the words of ssh, nor in what they pack', async () => {
  const secret = 'hunter2';
  const pieces: Piece[] = [{ id: 'x', script: `echo ${secret}`, timeoutSeconds: 5, must: true }];
  const { answers } = await connect().execute(pieces, { ...OPTIONS, secret: true });
  expect(answers.get('x')?.output).toBe(secret);
  const [words = []] = ssh.calls();
  expect(words.at(-1)).toContain('$(cat | base64 -d | gzip -dc)');
  expect(words.join(' ')).not.toContain(secret);
});

describe('who logs in', () => {
  it('the deploy user, where there is one', async () => {
    await connect().execute(hello, OPTIONS);
    expect(users()).toEqual(['odin']);
    expect(ssh.calls()[0]?.at(-1)).toMatch(/^sudo -n /);
  });

  it('the bootstrap user while the deploy user is not there yet, and from then on', async () => {
    ssh.answer('odin@192.0.2.7', REFUSE);
    const connection = connect();
    await connection.execute(hello, OPTIONS);
    await connection.execute(hello, OPTIONS);
    expect(users()).toEqual(['odin', 'root', 'root']);
    expect(connection.executions).toBe(2);
  });

  it('the bootstrap user while the deploy user may not use sudo yet', async () => {
    ssh.answer('odin@192.0.2.7', NO_SUDO);
    await connect().execute(hello, OPTIONS);
    expect(users()).toEqual(['odin', 'root']);
  });

  it('sudo refused, and nobody else is let in either: sudo is what is missing', async () => {
    ssh.answer('odin@192.0.2.7', NO_SUDO);
    ssh.answer('root@192.0.2.7', REFUSE);
    await expect(connect().execute(hello, OPTIONS)).rejects.toMatchObject({
      code: 'sudo-refused',
      exit: 4,
      context: { host: 'ws-1' },
    });
  });

  it('both refused is one error that names both', async () => {
    ssh.answer('odin@192.0.2.7', REFUSE);
    ssh.answer('root@192.0.2.7', REFUSE);
    await expect(connect().execute(hello, OPTIONS)).rejects.toMatchObject({
      code: 'login-refused',
      message: '192.0.2.7:22 refused the SSH key for odin and for root',
    });
  });

  it('nobody else where both are the same', async () => {
    ssh.answer('root@192.0.2.7', REFUSE);
    await expect(connect({ user: 'root' }).execute(hello, OPTIONS)).rejects.toMatchObject({ code: 'login-refused' });
    expect(users()).toEqual(['root']);
  });
});

describe('what stands in the way', () => {
  it.each([
    ['unreachable', 'echo "ssh: connect to host 192.0.2.7 port 22: Connection refused" >&2; exit 255'],
    [
      'host-key-unknown',
      'echo "No ED25519 host key is known for 192.0.2.7" >&2; echo "Host key verification failed." >&2; exit 255',
    ],
  ])('%s, and nobody else is tried', async (code, script) => {
    ssh.answer('odin@192.0.2.7', script);
    await expect(connect().execute(hello, OPTIONS)).rejects.toMatchObject({ code, exit: 4, context: { host: 'ws-1' } });
    expect(users()).toEqual(['odin']);
  });

  it('ssh is not installed', async () => {
    const { PATH } = process.env;
    process.env.PATH = '/nowhere';
    await expect(connect().execute(hello, OPTIONS)).rejects.toMatchObject({
      code: 'unreachable',
      context: { next: 'apt-get install openssh-client' },
    });
    process.env.PATH = PATH;
  });
});

it('a banner and other noise do no harm', async () => {
  ssh.answer('odin@192.0.2.7', 'echo "Welcome!"; echo; echo "@abc end hello 9"; echo "** warning **" >&2');
  const { answers } = await connect().execute(hello, OPTIONS);
  expect(answers.get('hello')).toEqual({ id: 'hello', status: 0, output: 'hello' });
});

it('a program that is cut off says what it was doing', async () => {
  const pieces: Piece[] = [...hello, { id: 'long', script: 'echo so far; sleep 20', timeoutSeconds: 1 }];
  const { answers, unfinished } = await connect().execute(pieces, { deadlineSeconds: 0.5 });
  expect([...answers.keys()]).toEqual(['hello']);
  expect(unfinished).toEqual({ id: 'long', output: 'so far\n' });
});

it('tunnels: one per target, counted, taken down at the end', async () => {
  const connection = connect();
  const first = await connection.forward('10.0.0.1', 9092);
  expect(await connection.forward('10.0.0.1', 9092)).toBe(first);
  await connection.forward('10.0.0.1', 9092, 40_001);
  expect(connection.tunnels).toBe(2);
  await connection.close();
  const asked = ssh.calls().map((words) => words.slice(0, 4).join(' '));
  expect(asked).toEqual([
    `-O forward -L ${first}:10.0.0.1:9092`,
    '-O forward -L 127.0.0.1:40001:10.0.0.1:9092',
    `-O cancel -L ${first}:10.0.0.1:9092`,
    '-O cancel -L 127.0.0.1:40001:10.0.0.1:9092',
  ]);
});

it('the command for a person has the pins and the login, and none of our plumbing', () => {
  expect(connect({ identityFile: '/k' }).loginCommand()).toBe(
    'ssh -o StrictHostKeyChecking=yes -o UserKnownHostsFile=/run/pins -o GlobalKnownHostsFile=/dev/null -o IdentityFile=/k -o IdentitiesOnly=yes -l odin 192.0.2.7',
  );
});

it.each([
  ['', ''],
  ['one', 'one'],
  ['one\n\n', 'one'],
  [
    Array.from({ length: 30 }, (_, i) => `line ${i}`).join('\n'),
    Array.from({ length: 20 }, (_, i) => `line ${i + 10}`).join('\n'),
  ],
])('the last lines of %j', (text, expected) => expect(lastLines(text)).toBe(expected));
