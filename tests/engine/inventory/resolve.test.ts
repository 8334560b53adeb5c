import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseExtras } from '#engine/inventory/extra.ts';
import { inGroup } from '#engine/inventory/inventory.ts';
import { parseInventory } from '#engine/inventory/load.ts';
import { resolveInventory } from '#engine/inventory/resolve.ts';
import { bytesOf } from '#engine/inventory/schema.ts';
import { inventoryOf, sandboxInventory } from '../../support/inventory.ts';

const SCHEMAS = {
  broker: z.strictObject({
    port: z.int().default(9092),
    memory: z.string().default('640M'),
    heap: z.string().optional(),
  }),
};

describe('precedence of variables: role defaults < all < groups < host < --extra', () => {
  const text = (all: string, ws: string, lb: string, host: string): string => `
provider: sandbox
hosts:
  b-1: { groups: [backend] }
  edge: { groups: [ws, lb]${host && `, vars: { broker: ${host} }`} }
network: {}
${all && `vars: { broker: ${all} }`}
groups:
${ws ? `  ws: { vars: { broker: ${ws} } }` : '  monitoring: { vars: {} }'}
${lb && `  lb: { vars: { broker: ${lb} } }`}
`;
  it.each([
    ['role', '', '', '', '', { port: 9092, memory: '640M' }],
    ['all', '{ port: 1 }', '', '', '', { port: 1, memory: '640M' }],
    ['group', '{ port: 1 }', '{ port: 2 }', '', '', { port: 2, memory: '640M' }],
    ['groups that agree', '{ port: 1 }', '{ port: 2 }', '{ port: 2 }', '', { port: 2, memory: '640M' }],
    ['host', '{ port: 1 }', '{ port: 2 }', '{ port: 3 }', '{ port: 4 }', { port: 4, memory: '640M' }],
    ['key by key', '{ port: 1 }', '{ memory: 1G }', '{ heap: 2G }', '', { port: 1, memory: '1G', heap: '2G' }],
  ])('%s', (_winner, all, ws, lb, host, expected) => {
    const { hosts } = inventoryOf(text(all, ws, lb, host), 'test', SCHEMAS);
    expect(hosts.find(({ name }) => name === 'edge')?.vars.broker).toEqual(expected);
    // What is said of ws and lb is not said of a host that is in neither.
    expect(hosts.find(({ name }) => name === 'b-1')?.vars.broker).toMatchObject({
      port: all ? 1 : 9092,
      memory: '640M',
    });
  });
});

it('--extra wins over the host, and leaves the file as it is', () => {
  const text = `
provider: sandbox
hosts:
  b-1: { groups: [backend], vars: { broker: { port: 1, heap: 1G } } }
  ws-1: { groups: [ws] }
network: {}
`;
  const file = parseInventory(text, 'inventory/t.yml', SCHEMAS);
  const extras = parseExtras(['broker.port=2'], SCHEMAS);
  const { hosts } = resolveInventory('t', file, { addresses: {}, hostKeys: [] }, SCHEMAS, undefined, extras);
  expect(hosts.map(({ vars }) => vars.broker)).toEqual([
    { port: 2, memory: '640M', heap: '1G' },
    { port: 2, memory: '640M' },
  ]);
  expect(file.hosts['b-1']?.vars).toEqual({ broker: { port: 1, heap: '1G' } });
});

describe('addresses: the file, then the provider, then the name', () => {
  const file = parseInventory(
    `
provider: sandbox
hosts:
  b-1: { groups: [backend], address: 192.0.2.1, internal: 10.0.0.1, port: 2222, memory: 2G }
  ws-1: { groups: [ws], address: 192.0.2.2 }
  ws-2: { groups: [ws] }
  ws-3: { groups: [ws] }
network: {}
`,
    'inventory/t.yml',
    {},
  );
  const reach = {
    addresses: {
      'b-1': { address: '172.17.0.1', port: 22, internal: '172.17.0.1' },
      'ws-2': { address: '172.17.0.2', port: 2022, internal: '10.1.0.2' },
    },
    hostKeys: ['b-1 ssh-ed25519 AAAA'],
  };
  const inventory = resolveInventory('t', file, reach, {});
  it.each([
    ['b-1', { address: '192.0.2.1', internal: '10.0.0.1', port: 2222, memory: 2 * 1024 ** 3 }],
    ['ws-1', { address: '192.0.2.2', internal: '192.0.2.2', port: 22 }],
    ['ws-2', { address: '172.17.0.2', internal: '10.1.0.2', port: 2022 }],
    ['ws-3', { address: 'ws-3', internal: 'ws-3', port: 22 }],
  ])('%s', (name, expected) => expect(inventory.hosts.find((host) => host.name === name)).toMatchObject(expected));

  it('nobody alters it afterwards', () => {
    expect(Object.isFrozen(inventory)).toBe(true);
    for (const host of inventory.hosts) expect(Object.isFrozen(host) && Object.isFrozen(host.vars)).toBe(true);
  });

  it('the file says which key logs in; otherwise the provider', () => {
    const withKey = { ...reach, identityFile: '/state/id' };
    expect(resolveInventory('t', file, withKey, {}).access.identityFile).toBe('/state/id');
    const ssh = { ...file.ssh, identity_file: '~/.ssh/odin' };
    expect(resolveInventory('t', { ...file, ssh }, withKey, {}).access.identityFile).toBe('~/.ssh/odin');
    expect(inventory.access).toEqual({ user: 'odin', bootstrapUser: 'root', hostKeys: reach.hostKeys });
  });
});

it('inventory/sandbox.yml is valid for every role, and says who is who', () => {
  const inventory = sandboxInventory();
  const names = (group: 'backend' | 'ws' | 'lb' | 'monitoring'): string[] =>
    inGroup(inventory, group).map(({ name }) => name);
  expect([names('backend'), names('ws'), names('lb'), names('monitoring')]).toEqual([
    ['backend-1'],
    ['ws-1', 'ws-2'],
    ['lb-1'],
    [],
  ]);
});

it.each([
  ['512K', 524_288],
  ['640M', 671_088_640],
  ['2G', 2_147_483_648],
])('%s is %i bytes', (size, bytes) => expect(bytesOf(size)).toBe(bytes));
