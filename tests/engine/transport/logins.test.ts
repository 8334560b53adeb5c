import { execFileSync } from 'node:child_process';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { inParallel } from '#engine/parallel.ts';
import { privateFolder } from '#engine/transport/private-folder.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { sshWorld, whoami } from '../../support/ssh-world.ts';
import { newKey, type TestSshd } from '../../support/sshd.ts';
import { until } from '../../support/wait.ts';

const world = sshWorld(temporaryFolder());
let box: TestSshd;
/** Through which a host is reached that the operator cannot reach. */
let jump: TestSshd;

/** As `gcloud compute start-iap-tunnel … --listen-on-stdin`: standard input and output are the connection. */
const PIPE = `import { connect } from 'node:net';
const socket = connect(Number(process.argv[3]), process.argv[2]);
process.stdin.pipe(socket).pipe(process.stdout);
`;

beforeAll(async () => {
  [box, jump] = await Promise.all([
    world.sshd('box', { users: { odin: {}, weak: { sudo: false } }, config: ['DenyUsers barred'] }),
    world.sshd('jump', { users: { hopper: { sudo: false } } }),
  ]);
  writeFileSync(join(world.folder, 'pipe.mjs'), PIPE);
  writeFileSync(join(world.folder, 'known_hosts'), `${jump.pin()}\n`);
});

describe('who logs in', () => {
  it('root', async () => expect(await whoami(world.connect(box))).toBe('root\n/root'));
  it('a user who may use sudo', async () =>
    expect(await whoami(world.connect(box, { user: 'odin' }))).toBe('root\n/root'));
  it('the bootstrap user, while there is no deploy user', async () =>
    expect(await whoami(world.connect(box, { user: 'nobody-yet', bootstrapUser: 'root' }))).toBe('root\n/root'));
  it('who may not use sudo is told so', async () =>
    expect(whoami(world.connect(box, { user: 'weak' }))).rejects.toMatchObject({
      code: 'sudo-refused',
      context: { host: 'box', lastLines: expect.stringMatching(/^sudo: /m) },
    }));
  it('who has no key there is told so', async () =>
    expect(whoami(world.connect(box, { user: 'barred' }))).rejects.toMatchObject({
      code: 'login-refused',
      exit: 4,
      message: `barred@127.0.0.1:${box.port} refused the SSH key`,
    }));
});

describe('the operator’s own configuration applies', () => {
  const keep = (more: string): void => world.configure(`${more}\nHost *\n  IdentityFile ${world.key}`);

  it('a name with another address and port', async () => {
    keep(`Host box.example\n  HostName 127.0.0.1\n  Port ${box.port}`);
    expect(await whoami(world.connect(box, { address: 'box.example', port: 22 }))).toBe('root\n/root');
  });

  it('ProxyJump, whose own host key is the operator’s business', async () => {
    const through = `Host jump\n  HostName 127.0.0.1\n  Port ${jump.port}\n  User hopper\n  UserKnownHostsFile ${world.folder}/known_hosts\nHost inner\n  HostName 127.0.0.1\n  Port ${box.port}\n  ProxyJump jump`;
    keep(through);
    expect(await whoami(world.connect(box, { address: 'inner', port: 22, user: 'odin' }))).toBe('root\n/root');
    keep(through.replace(`${world.folder}/known_hosts`, '/dev/null'));
    await expect(whoami(world.connect(box, { address: 'inner', port: 22, name: 'other' }))).rejects.toMatchObject({
      code: 'unreachable',
      context: { lastLines: expect.stringContaining('Host key verification failed') },
    });
  });

  it('ProxyCommand, as an IAP tunnel', async () => {
    keep(
      `Host iap\n  HostName 127.0.0.1\n  Port ${box.port}\n  ProxyCommand "${process.execPath}" ${world.folder}/pipe.mjs %h %p`,
    );
    expect(await whoami(world.connect(box, { address: 'iap', port: 22 }))).toBe('root\n/root');
    keep('Host iap\n  HostName 127.0.0.1\n  ProxyCommand sh -c "echo no such tunnel >&2; sleep 0.2; exit 1"');
    await expect(whoami(world.connect(box, { address: 'iap', port: 22, name: 'other' }))).rejects.toMatchObject({
      code: 'unreachable',
      context: { lastLines: expect.stringContaining('no such tunnel') },
    });
  });

  it('an agent: the key is in no file', async () => {
    const socket = join(world.folder, 'agent');
    const started = execFileSync('ssh-agent', ['-s', '-a', socket], { encoding: 'utf8' });
    const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(started)?.[1]);
    try {
      process.env.SSH_AUTH_SOCK = socket;
      const lent = newKey(join(world.folder, 'lent'));
      const server = await world.sshd('agent-box', { keys: [lent] });
      execFileSync('ssh-add', ['-q', lent]);
      rmSync(lent);
      world.configure('Host *\n  IdentityFile none');
      expect(await whoami(world.connect(server))).toBe('root\n/root');
    } finally {
      delete process.env.SSH_AUTH_SOCK;
      process.kill(pid);
      keep('');
    }
  });
});

describe('host keys', () => {
  it('one that is not pinned stops everything', async () =>
    expect(whoami(world.connect(box, { pins: [] }))).rejects.toMatchObject({
      code: 'host-key-unknown',
      context: { next: 'npx zx scripts/trust.mjs --env test --limit box' },
    }));

  it('another one than the pinned one stops everything', async () => {
    const [type] = jump.hostKey.split(' ');
    expect(type).toBe('ssh-ed25519');
    await expect(
      whoami(world.connect(box, { pins: [`[127.0.0.1]:${box.port} ${jump.hostKey}`] })),
    ).rejects.toMatchObject({ code: 'host-key-changed', exit: 4 });
  });

  it('a login that is open already is not used where other keys are pinned', async () => {
    await whoami(world.connect(box));
    await expect(whoami(world.connect(box, { pins: [] }))).rejects.toMatchObject({ code: 'host-key-unknown' });
  });

  it('two runs with different pins at once do not disturb each other', async () => {
    const wrong = [`[127.0.0.1]:${box.port} ${jump.hostKey}`];
    const runs = Array.from({ length: 8 }, (_, i) =>
      whoami(world.connect(box, i % 2 ? { name: `h${i}`, pins: wrong } : { name: `h${i}` })),
    );
    const ended = await Promise.allSettled(runs);
    expect(ended.map((each) => (each.status === 'fulfilled' ? each.value : each.reason.code))).toEqual(
      Array.from({ length: 8 }, (_, i) => (i % 2 ? 'host-key-changed' : 'root\n/root')),
    );
  });
});

it('a port where nothing listens is unreachable', async () =>
  expect(whoami(world.connect(box, { port: 1 }))).rejects.toMatchObject({
    code: 'unreachable',
    exit: 4,
    context: { lastLines: expect.stringContaining('Connection refused') },
  }));

it('what a run leaves: the login, for the next command, where nobody else can get at it', async () => {
  await world.hangUp();
  await until('the shared connections have ended', () => world.left('c-').length === 0);
  const connection = world.connect(box);
  const socket = await connection.forward('127.0.0.1', box.port);
  expect(world.left('t-')).toHaveLength(1);
  expect(statSync(socket).isSocket()).toBe(true);
  expect(statSync(privateFolder()).mode & 0o777).toBe(0o700);
  await connection.close();
  expect(world.left('t-')).toEqual([]);
  expect(world.left('c-')).toHaveLength(1);
  await world.hangUp();
  await until('the shared connection has ended', () => world.left('c-').length === 0);
});

it('sixteen hosts behind one sshd that lets ten log in at a time', async () => {
  const narrow = await world.sshd('narrow', { config: ['MaxStartups 10:100:10'] });
  const hosts = Array.from({ length: 16 }, (_, i) => `host-${i}`);
  const results = await inParallel(hosts, hosts.length, (name) => whoami(world.connect(narrow, { name })));
  expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
});

it('logins that are dropped because too many others log in are tried again', async () => {
  const narrow = await world.sshd('narrower', { config: ['MaxStartups 3:100:3'] });
  const hosts = Array.from({ length: 6 }, (_, i) => `host-${i}`);
  const results = await inParallel(hosts, 6, (name) => whoami(world.connect(narrow, { name })));
  expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
});
