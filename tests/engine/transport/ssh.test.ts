import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Access, Host } from '#engine/inventory/inventory.ts';
import { isDropped, sshFailure } from '#engine/transport/failure.ts';
import { privateFolder, writeKnownHosts } from '#engine/transport/private-folder.ts';
import { type RemoteCommand, remoteCommand } from '#engine/transport/remote-command.ts';
import { sshArguments } from '#engine/transport/ssh.ts';

const host: Host = { name: 'ws-1', groups: ['ws'], address: '192.0.2.7', port: 2222, internal: '10.0.0.7', vars: {} };
const access: Access = {
  user: 'odin',
  bootstrapUser: 'root',
  hostKeys: ['192.0.2.7 ssh-ed25519 AAAA', 'x ssh-rsa BBBB'],
};

/** `-o A=1 -o B=2 -p 22` as `{A: '1', B: '2'}`. */
function optionsOf(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.flatMap((word, i) => {
      if (words[i - 1] !== '-o') return [];
      const at = word.indexOf('=');
      return [[word.slice(0, at), word.slice(at + 1)]];
    }),
  );
}

describe('the words for ssh', () => {
  const all = sshArguments(host, 'odin', access, '/run/pins');
  it.each([
    ['asks nothing', 'BatchMode', 'yes'],
    ['accepts no unknown host key', 'StrictHostKeyChecking', 'yes'],
    ['knows the pinned keys', 'UserKnownHostsFile', '/run/pins'],
    ['knows no others', 'GlobalKnownHostsFile', '/dev/null'],
    ['learns no keys from the host', 'UpdateHostKeys', 'no'],
    ['gives up connecting', 'ConnectTimeout', '10'],
    ['notices a dead connection', 'ServerAliveInterval', '5'],
    ['after half a minute', 'ServerAliveCountMax', '6'],
    ['shares one login', 'ControlMaster', 'auto'],
    ['and keeps it for the next command', 'ControlPersist', '120'],
  ])('%s: %s=%s', (_what, name, value) => expect(optionsOf(all)[name]).toBe(value));

  it('leave port 22 to the user’s own configuration', () =>
    expect(sshArguments({ ...host, port: 22 }, 'odin', access, '/run/pins')).not.toContain('-p'));

  it('share a login only where everything is the same', () => {
    const socket = (...given: Parameters<typeof sshArguments>): string =>
      optionsOf(sshArguments(...given)).ControlPath ?? '';
    const sockets = [
      socket(host, 'odin', access, '/run/pins'),
      socket(host, 'root', access, '/run/pins'),
      socket({ ...host, name: 'ws-2' }, 'odin', access, '/run/pins'),
      socket(host, 'odin', access, '/run/other-pins'),
      socket(host, 'odin', { ...access, identityFile: '/k' }, '/run/pins'),
    ];
    expect(new Set(sockets).size).toBe(sockets.length);
    expect(socket(host, 'odin', access, '/run/pins')).toBe(sockets[0]);
  });

  it('end with the destination', () => expect(all.slice(-5)).toEqual(['-p', '2222', '-l', 'odin', '192.0.2.7']));

  it('leave the user’s own configuration, agent and jump hosts alone', () => {
    expect(all).not.toContain('-F');
    for (const name of ['IdentityFile', 'IdentitiesOnly', 'ProxyJump', 'ProxyCommand', 'IdentityAgent'])
      expect(optionsOf(all)).not.toHaveProperty(name);
  });

  it('name a key where the environment has one, and only that', () => {
    expect(optionsOf(sshArguments(host, 'odin', { ...access, identityFile: '/k' }, '/p'))).toMatchObject({
      IdentityFile: '/k',
      IdentitiesOnly: 'yes',
    });
  });

  it('never weaken a check', () => {
    expect(all.join(' ')).not.toMatch(/StrictHostKeyChecking=(no|accept-new|ask)|UserKnownHostsFile=\/dev\/null/);
  });
});

it('the pinned keys are written for their owner only', () => {
  const path = writeKnownHosts('test-pins', access);
  expect(readFileSync(path, 'utf8')).toBe('192.0.2.7 ssh-ed25519 AAAA\nx ssh-rsa BBBB\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(privateFolder()).mode & 0o077).toBe(0);
});

describe('the remote command', () => {
  const command = (text: string, user: string, secret: boolean, deadlineSeconds = 60): RemoteCommand =>
    remoteCommand({ body: text, text }, user, { deadlineSeconds, secret });
  const small = 'echo "a $b"; echo \'c\'';
  it('is root’s own shell, or sudo that asks nothing', () => {
    expect(command(small, 'root', false).command).toMatch(/^timeout -k 5 60 env -i PATH=/);
    expect(command(small, 'odin', false).command).toMatch(/^sudo -n timeout -k 5 60 env -i PATH=/);
  });

  it.each<[what: string, text: string, secret: boolean, onStdin: boolean]>([
    ['small', small, false, false],
    ['small and secret', small, true, true],
    ['large, well packed', 'echo 1\n'.repeat(20_000), false, false],
    ['large, badly packed', `: ${randomBytes(60_000).toString('hex')}`, false, true],
  ])('%s goes by standard input: %s', (_what, text, secret, onStdin) => {
    const { command: line, stdin } = command(text, 'root', secret);
    expect(stdin !== undefined).toBe(onStdin);
    // One argument of Linux holds 128 KiB; ssh and sudo add their own words.
    expect(line.length).toBeLessThan(100_000);
  });

  it('with a secret says nothing of it, in whatever packing', () => {
    const [one, other] = ['echo hunter2', 'echo letmein'].map((text) => command(text, 'odin', true));
    expect(one?.command).toBe(other?.command);
    expect(one?.stdin).not.toBe(other?.stdin);
  });

  const run = (text: string, secret: boolean, deadline = 60): ReturnType<typeof spawnSync> => {
    const { command: line, stdin } = command(text, 'root', secret, deadline);
    const words = stdin === undefined ? `${line} nonce` : line;
    return spawnSync('sh', ['-c', words], { input: stdin ?? '', encoding: 'utf8' });
  };

  it.each([true, false])('runs the program as it is written (secret: %s)', (secret) => {
    const { stdout } = run(`b=2\n${small}\ncat <<'END'\n\`x\` $y\nEND\nprintf '%s' "it's"`, secret);
    expect(stdout).toBe("a 2\nc\n`x` $y\nit's");
  });

  it('runs it in an environment of its own', () => {
    const names = String(run('env', false).stdout)
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(names.filter((name) => name !== 'PWD' && name !== '_' && name !== 'SHLVL').sort()).toEqual([
      'DEBIAN_FRONTEND',
      'HOME',
      'LC_ALL',
      'PATH',
    ]);
  });

  it('ends it at the deadline', () =>
    expect(run('echo began; sleep 20', true, 0.5)).toMatchObject({ status: 124, stdout: 'began\n' }));

  it('is valid for the shell of whoever logs in', () => {
    for (const secret of [true, false]) execFileSync('sh', ['-n', '-c', command(small, 'odin', secret).command]);
  });
});

describe('what a failure of ssh means', () => {
  const CHANGED = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
The fingerprint for the ED25519 key sent by the remote host is
SHA256:q3dDnGeplzOsm4Oer6nwLK6cJq3lqV3dJV4B7Y0KQ5k.
Offending ED25519 key in /run/odin-0/prod.known_hosts:3
Host key for [192.0.2.7]:2222 has changed and you have requested strict checking.
Host key verification failed.`;
  const table: [name: string, stderr: string][] = [
    [
      'host-key-unknown',
      'No ED25519 host key is known for [192.0.2.7]:2222 and you have requested strict checking.\r\nHost key verification failed.',
    ],
    ['host-key-changed', CHANGED],
    ['login-refused', 'odin@192.0.2.7: Permission denied (publickey).'],
    ['login-refused', 'root@192.0.2.7: Permission denied (publickey,password).'],
    [
      'login-refused',
      'Received disconnect from 192.0.2.7 port 2222:2: Too many authentication failures\nDisconnected from 192.0.2.7 port 2222',
    ],
    ['unreachable', 'ssh: connect to host 192.0.2.7 port 2222: Connection refused'],
    ['unreachable', 'ssh: connect to host 192.0.2.7 port 2222: Connection timed out'],
    ['unreachable', 'ssh: connect to host 192.0.2.7 port 2222: No route to host'],
    ['unreachable', 'ssh: Could not resolve hostname ws-1: Name or service not known'],
    [
      'unreachable',
      'kex_exchange_identification: Connection closed by remote host\nConnection closed by 192.0.2.7 port 2222',
    ],
    ['unreachable', 'kex_exchange_identification: read: Connection reset by peer'],
    ['unreachable', 'client_loop: send disconnect: Broken pipe'],
    ['unreachable', 'Timeout, server 192.0.2.7 not responding.'],
    ['unreachable', ''],
  ];
  it.each(table)('%s: %j', (name, stderr) => {
    const error = sshFailure(host, 'odin', stderr, 'prod');
    expect(error.code).toBe(name);
    expect(error.exit).toBe(4);
    expect(error.message).toContain('odin@192.0.2.7:2222');
    expect(error.context).toMatchObject({ host: 'ws-1', lastLines: stderr, next: expect.stringMatching(/\S/) });
  });

  it('what a jump host or a ProxyCommand did wrong is not blamed on the host', () => {
    const stderr =
      'jump@192.0.2.1: Permission denied (publickey).\nkex_exchange_identification: Connection closed by remote host';
    expect(sshFailure(host, 'odin', stderr, 'prod')).toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('a ProxyJump or ProxyCommand on the way, dropped the connection'),
    });
  });

  it.each([
    [true, 'kex_exchange_identification: Connection closed by remote host\r\nConnection closed by 192.0.2.7 port 22'],
    [true, 'kex_exchange_identification: read: Connection reset by peer'],
    [true, ''],
    [true, 'banner exchange: Connection to UNKNOWN port 65535: Broken pipe'],
    [false, 'banner exchange: Connection to 192.0.2.7 port 22: Connection timed out'],
    [false, 'ssh: connect to host 192.0.2.7 port 22: Connection refused'],
    [false, 'odin@192.0.2.7: Permission denied (publickey).'],
  ])('dropped before a word was said: %s: %j', (dropped, stderr) => expect(isDropped(stderr)).toBe(dropped));

  it('a changed key is not trusted again without a word', () => {
    const { context } = sshFailure(host, 'odin', CHANGED, 'prod');
    expect(context.next).toBe('if the host was really replaced: npx zx scripts/trust.mjs --env prod --limit ws-1');
  });
});
