import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '#engine/local/command.ts';
import { docker } from '#engine/local/docker.ts';
import { containerName } from '#providers/sandbox/names.ts';
import { temporaryFolder } from '../support/folder.ts';
import { until } from '../support/wait.ts';
import { byHand } from './support/hosts.ts';
import { inventoryCopies } from './support/inventory.ts';
import { ENV, HOSTS, type HostName, held, kit, start } from './support/kit.ts';
import { loginFolders } from './support/logins.ts';
import { changesIn, recapIn } from './support/plan.ts';
import { expectRefusal } from './support/refusal.ts';
import { snapshot, touched } from './support/snapshot.ts';

/** Hosts that are not as they should be, or not the operator's alone. */
const copies = inventoryCopies();
const folder = temporaryFolder();
const noLogins = loginFolders();

const REBOOTED: HostName[] = ['backend-1', 'ws-1', 'lb-1'];

async function nothingToDo(): Promise<void> {
  const plan = await kit('plan', ['--detailed-exitcode']);
  expect(plan.code, plan.text).toBe(0);
}

async function repair(): Promise<void> {
  const deploy = await kit('deploy', ['--yes']);
  expect(deploy.code, deploy.text).toBe(0);
}

/** Runs `work`, and holds it to leaving every host exactly as it was. */
async function untouched(work: () => Promise<void>): Promise<void> {
  const before = await snapshot();
  await work();
  expect(touched(before, await snapshot())).toEqual([]);
}

beforeAll(nothingToDo);
afterAll(nothingToDo);

describe('the way in', () => {
  test('a wrong SSH key is refused by every host, and each is named', () =>
    untouched(async () => {
      const key = join(folder, 'stranger');
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
      const inventory = copies.with({ 'ssh.identity_file': key });
      const deploy = await kit('deploy', ['--yes'], { inventory, env: noLogins() });
      expectRefusal(deploy, {
        code: 'login-refused',
        exit: 4,
        says: HOSTS.map((host) => new RegExp(`^login-refused: ${host}: `, 'm')),
      });
      for (const counts of Object.values(recapIn(deploy.text)))
        expect(counts).toMatchObject({ unreachable: 1, changed: 0 });
    }));

  test('a host that shows another key than the pinned one is not talked to; the others are planned', async () => {
    const file = '/etc/ssh/ssh_host_ed25519_key';
    await byHand(
      'ws-2',
      `mkdir /root/kept; cp -p ${file} ${file}.pub /root/kept; rm ${file} ${file}.pub; ssh-keygen -q -t ed25519 -N '' -f ${file}; systemctl restart ssh`,
    );
    try {
      const plan = await kit('plan', [], { env: noLogins() });
      expectRefusal(plan, { code: 'host-key-changed', exit: 4, says: [/^host-key-changed: ws-2: /m, /trust\.mjs/] });
      const recap = recapIn(plan.text);
      expect(recap['ws-2']).toMatchObject({ ok: 0, unreachable: 1, executions: 0 });
      for (const host of HOSTS.filter((each) => each !== 'ws-2'))
        expect(recap[host], host).toMatchObject({ unreachable: 0, executions: 1 });
    } finally {
      await byHand('ws-2', `cp -p /root/kept/* /etc/ssh; rm -r /root/kept; systemctl restart ssh`);
    }
  });

  test('a host that is down is named, and the others are finished', async () => {
    await byHand('ws-1', 'sysctl -qw net.core.somaxconn=128');
    await docker(['stop', '--time', '30', containerName(ENV, 'ws-2')]);
    try {
      const deploy = await kit('deploy', ['--yes']);
      expectRefusal(deploy, { code: 'unreachable', exit: 4, says: [/^unreachable: ws-2: /m] });
      const recap = recapIn(deploy.text);
      expect(recap['ws-2']).toMatchObject({ changed: 0, unreachable: 1 });
      expect(recap['ws-1']).toMatchObject({ changed: 1, failed: 0, unreachable: 0 });
      expect(await byHand('ws-1', 'sysctl -n net.core.somaxconn')).toBe('4096');
    } finally {
      const boot = await kit('sandbox');
      expect(boot.code, boot.text).toBe(0);
    }
  });
});

test('hosts that were rebooted come back as they were', async () => {
  await Promise.all(REBOOTED.map((host) => docker(['stop', '--time', '30', containerName(ENV, host)])));
  const boot = await kit('sandbox');
  expect(boot.code, boot.text).toBe(0);
  expect(boot.text).toContain('Nothing to change.');
});

describe('what would go wrong is seen before the first change', () => {
  /** The damage is a container that is missing, so that there is something to change; what stands in the way is put there first. */
  async function inTheWay(host: HostName, put: string, clear: string, check: () => Promise<void>): Promise<void> {
    try {
      await byHand(host, put);
      await untouched(check);
    } finally {
      await byHand(host, clear);
      await repair();
    }
  }

  test('port 3004 is held by another program', () =>
    inTheWay(
      'ws-2',
      `docker rm -f odin-ws >/dev/null
       systemd-run --quiet --unit squatter perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(LocalPort => 3004, Listen => 5, ReuseAddr => 1) or die; sleep 3600'
       n=0; until ss -Hltn 'sport = :3004' | grep -q 3004; do n=$((n+1)); [ $n -lt 100 ]; sleep 0.1; done`,
      'systemctl stop squatter',
      async () => {
        const deploy = await kit('deploy', ['--yes']);
        expectRefusal(deploy, {
          code: 'port-taken',
          exit: 3,
          says: [/^port-taken: ws-2 .*3004.*perl/m, /nothing was changed/],
        });
      },
    ));

  test('a container of the guide that the kit replaces runs under the same name', () =>
    inTheWay(
      'backend-1',
      `image=$(docker inspect --format '{{.Config.Image}}' odin-publisher)
       docker rm -f odin-publisher >/dev/null
       docker run --detach --network none --label com.docker.compose.project=distributed --name odin-publisher --entrypoint node "$image" -e 'setInterval(() => {}, 1000)' >/dev/null`,
      'docker rm -f odin-publisher >/dev/null',
      async () => {
        const deploy = await kit('deploy', ['--yes']);
        expectRefusal(deploy, {
          code: 'foreign-container',
          exit: 8,
          says: [/^foreign-container: backend-1 .*odin-publisher.*distributed/m, /nothing was changed/],
        });
        expect(await byHand('backend-1', "docker inspect --format '{{.State.Status}}' odin-publisher")).toBe('running');
      },
    ));

  test('the memory limits do not fit the host', () =>
    untouched(async () => {
      const inventory = copies.with({ 'hosts.backend-1.memory': '2G', 'vars.metrics': { memory: '1500M' } });
      const deploy = await kit('deploy', ['--yes'], { inventory });
      expectRefusal(deploy, {
        code: 'preflight-failed',
        exit: 8,
        says: [/^preflight-failed: backend-1 /m, /metrics: 1500 MB/],
      });
    }));
});

describe('secrets', () => {
  const NAME = 'GRAFANA_PASSWORD';
  const VALUE = 'correct-horse-battery-staple';

  test('one that nobody has is named, with the file to put it in', () =>
    untouched(async () => {
      const deploy = await kit('deploy', ['--yes'], { inventory: copies.with({ secrets: [NAME] }) });
      expectRefusal(deploy, { code: 'secret-missing', exit: 3, says: [new RegExp(`${NAME}.*inventory/e2e\\.env`)] });
    }));

  test('a file of secrets that others can read is refused', () =>
    untouched(async () => {
      const inventory = copies.with({ secrets: [NAME] });
      copies.secrets(inventory, `${NAME}=${VALUE}\n`, 0o644);
      const deploy = await kit('deploy', ['--yes'], { inventory });
      expectRefusal(deploy, { code: 'secret-exposed', exit: 3, says: [/e2e\.env/] });
    }));

  test('a value is never printed', () =>
    untouched(async () => {
      const inventory = copies.with({ secrets: [NAME] });
      copies.secrets(inventory, `${NAME}=${VALUE}\n`);
      const plan = await kit('plan', ['--diff', '--verbose'], { inventory });
      expect(plan.code, plan.text).toBe(0);
      expect(changesIn(plan.text).map(({ host, role }) => `${host} ${role}`)).toContain('backend-1 secrets');
      expect(plan.text).toContain(NAME);
      expect(plan.text).not.toContain(VALUE);
    }));
});

describe('who may change', () => {
  test('without a terminal and without --yes a change is refused, not waited for', async () => {
    await byHand('ws-1', 'sysctl -qw net.core.somaxconn=128');
    try {
      await untouched(async () => {
        const deploy = await kit('deploy', [], { deadlineMs: 60_000 });
        expectRefusal(deploy, { code: 'not-confirmed', exit: 3, says: [/--yes/] });
      });
    } finally {
      await repair();
    }
  });

  test('while somebody deploys, nobody else does', async () => {
    // Two plays' worth of damage: the balancer's turn comes when the ws hosts are done.
    await byHand('ws-1', 'docker rm -f odin-ws >/dev/null');
    await byHand('lb-1', 'systemctl stop haproxy');
    const first = start('deploy', ['--env', ENV, '--yes']);
    await until('the first one changes things', () => first.text().includes('\nws hosts stream'), {
      ms: 60_000,
      seen: () => first.text().slice(-1000),
    });
    const second = await held(first, () => kit('deploy', ['--yes']));
    expectRefusal(second, { code: 'locked', exit: 7, says: [/is at work here: .*deploy/] });
    const { code, text } = await first.ended;
    expect(code, text).toBe(0);
  });
});
