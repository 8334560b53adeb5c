import { describe, expect, it } from 'vitest';
import type { Inventory } from '#engine/inventory/inventory.ts';
import { sha256 } from '#engine/resources/file.ts';
import { openings } from '#roles/firewall/ports.ts';
import { firewall } from '#roles/firewall/role.ts';
import { ruleset } from '#roles/firewall/ruleset.ts';
import { table as tableOf } from '#roles/firewall/table.ts';
import { clusterInventory, hostOf, inventoryOf, sandboxInventory } from '../support/inventory.ts';
import { decideFrom, oneLine } from '../support/kind.ts';
import { checksOf, fileText, hostCheck, judge, said } from '../support/roles.ts';

const lines = (inventory: Inventory, host: string): string[] =>
  openings(hostOf(inventory, host), inventory).map(({ port, from, what }) => `${port} ${from.join(' ')} ${what}`);

describe('what is open in inventory/sandbox.yml', () => {
  it.each<[host: string, open: string[]]>([
    [
      'backend-1',
      [
        '22 10.77.0.0/16 SSH',
        '9092 10.77.0.12/32 10.77.0.13/32 10.77.0.11/32 Kafka',
        '5000 10.77.0.12/32 10.77.0.13/32 10.77.0.11/32 image registry',
      ],
    ],
    ['ws-1', ['22 10.77.0.0/16 SSH', '3004 10.77.0.0/16 WebSocket feed']],
    ['ws-2', ['22 10.77.0.0/16 SSH', '3004 10.77.0.0/16 WebSocket feed']],
    ['lb-1', ['22 10.77.0.0/16 SSH', '3004 0.0.0.0/0 WebSocket feed', '8404 10.77.0.11/32 HAProxy metrics']],
  ])('%s', (host, open) => expect(lines(sandboxInventory(), host)).toEqual(open));

  it('to everyone: port 3004 of the balancer, and nothing else', () => {
    const inventory = sandboxInventory();
    const world = inventory.hosts.flatMap((host) =>
      openings(host, inventory)
        .filter(({ from }) => from.some((network) => network.endsWith('/0')))
        .map(({ port }) => `${host.name}:${port}`),
    );
    expect(world).toEqual(['lb-1:3004']);
  });
});

describe('what is open with three brokers and no balancer of our own', () => {
  it.each<[host: string, open: string[]]>([
    [
      'backend-1',
      [
        '22 198.51.100.0/24 10.77.0.11/32 10.77.0.12/32 10.77.0.13/32 10.77.0.14/32 10.77.0.15/32 SSH',
        '9092 10.77.0.14/32 10.77.0.15/32 10.77.0.11/32 10.77.0.12/32 10.77.0.13/32 Kafka',
        '9093 10.77.0.11/32 10.77.0.12/32 10.77.0.13/32 Kafka controllers',
        '5000 10.77.0.14/32 10.77.0.15/32 10.77.0.11/32 10.77.0.12/32 10.77.0.13/32 image registry',
      ],
    ],
    [
      'backend-2',
      [
        '22 198.51.100.0/24 10.77.0.11/32 10.77.0.12/32 10.77.0.13/32 10.77.0.14/32 10.77.0.15/32 SSH',
        '9092 10.77.0.14/32 10.77.0.15/32 10.77.0.11/32 10.77.0.12/32 10.77.0.13/32 Kafka',
        '9093 10.77.0.11/32 10.77.0.12/32 10.77.0.13/32 Kafka controllers',
      ],
    ],
    // A cloud balancer passes the clients' own packets through.
    [
      'ws-1',
      [
        '22 198.51.100.0/24 10.77.0.11/32 10.77.0.12/32 10.77.0.13/32 10.77.0.14/32 10.77.0.15/32 SSH',
        '3004 0.0.0.0/0 WebSocket feed',
      ],
    ],
  ])('%s', (host, open) => expect(lines(clusterInventory(), host)).toEqual(open));
});

it('ports follow the inventory', () => {
  const inventory = inventoryOf(`
provider: sandbox
hosts:
  b: { groups: [backend], port: 2222, vars: { broker: { port: 19092 } } }
  w: { groups: [ws], vars: { ws-server: { port: 8080 } } }
network: { internal: 10.77.0.0/16, public: [203.0.113.0/24] }
`);
  expect(lines(inventory, 'b').map((line) => line.split(' ')[0])).toEqual(['2222', '19092', '5000']);
  expect(lines(inventory, 'w')).toEqual(['22 10.77.0.0/16 SSH', '8080 203.0.113.0/24 WebSocket feed']);
});

describe('the ruleset', () => {
  const text = fileText(firewall, sandboxInventory(), 'lb-1', '/etc/odin/firewall.nft');
  const chain = text.slice(text.indexOf('policy accept;\n') + 'policy accept;\n'.length, text.indexOf('\n  }'));

  it('is swapped in at once, and leaves every other table alone', () => {
    expect(text.split('\n').slice(1, 4)).toEqual(['table inet odin', 'delete table inet odin', 'table inet odin {']);
    expect(text).not.toContain('flush ruleset');
  });

  it('looks before Docker rewrites the port', () =>
    expect(text).toContain('type filter hook prerouting priority mangle; policy accept;'));

  it('lets in what is open, and drops the rest', () => {
    expect(chain.split('\n').map((line) => line.trim())).toEqual([
      'iifname "lo" accept',
      'iifname { "docker0", "br-*" } accept',
      'ct state established,related accept',
      'fib daddr type != local accept',
      'meta l4proto { icmp, ipv6-icmp } accept',
      'ip saddr { 10.77.0.0/16 } tcp dport 22 accept comment "SSH"',
      'tcp dport 3004 accept comment "WebSocket feed"',
      'ip saddr { 10.77.0.11/32 } tcp dport 8404 accept comment "HAProxy metrics"',
      'counter drop',
    ]);
  });

  it('closed to all but one network is so for IPv6 as well', () => {
    const closed = ruleset([{ port: 22, from: ['10.0.0.0/8'], what: 'SSH' }]);
    expect(closed).toContain('ip saddr { 10.0.0.0/8 } tcp dport 22');
    expect(closed).not.toMatch(/^\s*tcp dport 22/m);
  });
});

describe('the table in the kernel', () => {
  const wanted = tableOf({ path: '/etc/odin/firewall.nft', text: 'rules' });
  const LISTED = 'aaaa  -';
  it.each([
    ['as loaded', [LISTED, sha256('rules'), LISTED], 'ok'],
    ['never loaded', [LISTED, ''], '+ load'],
    ['other rules loaded', [LISTED, sha256('old'), LISTED], '~ load the new rules'],
    ['altered by hand', ['bbbb  -', sha256('rules'), LISTED], '~ load again: the rules in the kernel were altered'],
    ['gone', [`${sha256('')}  -`, sha256('rules'), LISTED], '~ load again: the rules in the kernel were altered'],
  ])('%s', (_what, output, decision) => expect(oneLine(decideFrom(wanted, output.join('\n')))).toBe(decision));
});

describe('the operator is not locked out', () => {
  const check = hostCheck(checksOf(firewall, clusterInventory(), 'ws-1'), 'firewall.lockout');
  const out = (peer: string): string =>
    `the firewall would lock you out: you come from ${peer}, which is not in network.management`;
  // The last column of `ss -Htn`: the peers of established SSH connections.
  it.each([
    ['from the management network', '198.51.100.7:50122\n', 'ok'],
    ['through another host', '10.77.0.14:50122\n', 'ok'],
    ['through an IPv4 address in IPv6', '[::ffff:198.51.100.7]:50122\n', 'ok'],
    ['beside somebody else', '203.0.113.9:1\n198.51.100.7:2\n', 'ok'],
    ['no connection is seen', '', 'ok'],
    ['from elsewhere', '203.0.113.9:50122\n203.0.113.9:50124\n', out('203.0.113.9')],
    ['from IPv6, which the rules do not let in', '[2001:db8::7]:50122\n', out('2001:db8::7')],
  ])('%s', (_what, output, verdict) => expect(said(judge(check, output))).toBe(verdict));

  it('is asked before the first change', () => {
    expect(check.phases).toContain('preflight');
    expect(check.severity).toBe('critical');
  });
});
