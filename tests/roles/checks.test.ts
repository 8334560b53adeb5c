import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { checkPieces, judgeAll } from '#engine/plan.ts';
import { deploy, roles } from '#playbooks/deploy.ts';
import { baseline } from '#roles/baseline/role.ts';
import { expected, markers, missingTopics } from '#roles/gate/markers.ts';
import { publisher } from '#roles/publisher/role.ts';
import { registry } from '#roles/registry/role.ts';
import { brokerReachable } from '#roles/ws-server/checks.ts';
import { wsServer } from '#roles/ws-server/role.ts';
import { clusterInventory, hostOf, sandboxInventory } from '../support/inventory.ts';
import { FACTS } from '../support/kind.ts';
import { checksOf, hostCheck, hostsOfRole, judge, said } from '../support/roles.ts';
import { runPieces } from '../support/shell.ts';

const inventory = sandboxInventory();

describe.each([
  ['inventory/sandbox.yml', inventory],
  ['three brokers', clusterInventory()],
] as const)('checks in %s', (_what, where) => {
  const all = roles.flatMap((role) =>
    hostsOfRole(deploy, role, where).map((host) => ({ host: host.name, checks: checksOf(role, where, host.name) })),
  );

  it('have names of their own on each host: answers are told apart by them', () => {
    for (const { name } of where.hosts) {
      const ids = all.filter(({ host }) => host === name).flatMap(({ checks }) => checks.map(({ id }) => id));
      expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    }
  });

  it('say what is true when they pass, and are asked sometime', () => {
    for (const { id, title, phases } of all.flatMap(({ checks }) => checks)) {
      expect(id).toMatch(/^[a-z]+\.[a-z0-9.-]+$/);
      expect(title).toMatch(/^[a-zA-Z].*[^.]$/);
      expect(phases.length).toBeGreaterThan(0);
    }
  });
});

describe('the ws-server is ready', () => {
  const check = hostCheck(checksOf(wsServer, inventory, 'ws-1'), 'ws.ready');
  const health = (kafka: object, healthy = true): string =>
    JSON.stringify({
      healthy,
      checks: {
        kafka,
        cpu: { healthy: true, percentage: 5.2 },
        memory: { healthy: true },
        capacity: { healthy: true },
      },
    });
  it.each([
    [0, health({ healthy: true }), 'ok'],
    // Shedding load is not ill health.
    [0, health({ healthy: true }, false), 'ok'],
    [0, health({ healthy: false, error: 'no broker' }, false), 'it does not read every partition'],
    [
      7,
      'curl: (7) Failed to connect to 127.0.0.1 port 3004 after 0 ms: Could not connect to server',
      'nothing answers on port 3004',
    ],
    [
      28,
      'curl: (28) Operation timed out after 5001 milliseconds with 0 bytes received',
      'nothing answers on port 3004',
    ],
  ])('curl exits %i with %j: %s', (status, output, verdict) =>
    expect(said(judge(check, output, status))).toBe(verdict),
  );
});

describe('the broker can be reached from the ws host', () => {
  it('each broker has its check', () => {
    expect(checksOf(wsServer, clusterInventory(), 'ws-1').map(({ id }) => id)).toEqual(
      expect.arrayContaining(['ws.broker.10.77.0.11', 'ws.broker.10.77.0.12', 'ws.broker.10.77.0.13']),
    );
  });

  const asked = async (address: string, port: number): Promise<string> => {
    const checks = [{ role: 'ws-server', check: brokerReachable(address, port) }];
    const { answers } = await runPieces(checkPieces(checks));
    const [outcome] = judgeAll(hostOf(inventory, 'ws-1'), checks, answers, FACTS);
    return outcome ? said(outcome.verdict) : '';
  };

  it('passes where something listens that says nothing first, as a broker does', async () => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    expect(await asked('127.0.0.1', port)).toBe('ok');
    await new Promise((resolve) => server.close(resolve));
    const refused = `127.0.0.1:${port}, which the broker tells its clients, cannot be reached from here`;
    expect(await asked('127.0.0.1', port)).toBe(refused);
  });

  it('does not take a connection that is never answered for one that is', async () => {
    // 192.0.2.0/24 is for documentation: packets to it are dropped or refused on the way.
    expect(await asked('192.0.2.1', 9092)).toContain('cannot be reached from here');
  });
});

describe('the publisher is healthy', () => {
  const check = hostCheck(checksOf(publisher, inventory, 'backend-1'), 'publisher.healthy');
  it.each([
    [0, '{"isRunning":true,"publisherHealthy":true,"currentRate":49.8,"targetRate":50}', 'ok: 49.8 of 50 events/s'],
    [0, '{"isRunning":false,"currentRate":0,"targetRate":50}', 'ok: stopped'],
    [7, 'curl: (7) Failed to connect to 127.0.0.1 port 3003', 'the publisher does not answer'],
  ])('curl exits %i with %j: %s', (status, output, verdict) =>
    expect(said(judge(check, output, status))).toBe(verdict),
  );
});

describe('the registry answers and asks for a password', () => {
  const check = hostCheck(checksOf(registry, inventory, 'backend-1'), 'registry.answers');
  const bad = 'the registry on 10.77.0.11:5000 does not ask for a password';
  it.each([
    ['401', 'ok'],
    ['200', bad],
    ['502', bad],
    ['000curl: (7) Failed to connect to 10.77.0.11 port 5000', bad],
  ])('%j: %s', (output, verdict) => expect(said(judge(check, output))).toBe(verdict));
});

describe('the disk has room', () => {
  const check = hostCheck(checksOf(baseline, inventory, 'ws-1'), 'baseline.disk');
  it.each([
    ['  41876\n', 'ok: 41876 MB free'],
    ['2048', 'ok: 2048 MB free'],
    [' 1200\n', 'only 1200 MB are free under /var/lib, 2048 MB are needed'],
  ])('%j: %s', (output, verdict) => expect(said(judge(check, output))).toBe(verdict));

  it('a disk that cannot be asked has none', () => {
    for (const output of ['', 'df: /var/lib: Permission denied']) expect(judge(check, output).ok).toBe(false);
  });
});

describe('the markers of the gate', () => {
  it('are one for every partition of every topic', () => {
    const sent = markers('id-1', 1_762_344_358_854);
    expect(sent).toHaveLength(96);
    expect(sent.map(({ topic, partition }) => `${topic}/${partition}`)).toEqual(expected());
    expect(new Set(sent.map(({ key }) => key))).toEqual(new Set(['_probe']));
  });

  it.each<[what: string, lost: RegExp, missing: string[]]>([
    ['all arrived', /^$/, []],
    ['one partition is not read', /^odin\.trades\/3$/, ['odin.trades (partition 3)']],
    ['some are not', /^odin\.trades\/(3|7)$/, ['odin.trades (partitions 3, 7)']],
    ['a topic is not', /^odin\.social\//, ['odin.social']],
    [
      'nothing arrived',
      /./,
      [
        'odin.trades',
        'odin.liquidity',
        'odin.balances',
        'odin.metadata',
        'odin.social',
        'odin.community',
        'odin.creation',
        'odin.analytics',
      ],
    ],
  ])('%s', (_what, lost, missing) => {
    expect(missingTopics(new Set(expected().filter((marker) => !lost.test(marker))))).toEqual(missing);
  });
});
