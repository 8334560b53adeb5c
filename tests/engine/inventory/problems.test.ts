import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { KitError } from '#engine/errors.ts';
import { environments, loadInventoryFile, parseInventory } from '#engine/inventory/load.ts';
import { didYouMean, unknownWord } from '#engine/inventory/problems.ts';

const SCHEMAS = {
  broker: z.strictObject({ port: z.int().default(9092), memory: z.string().default('640M') }),
  'ws-server': z.strictObject({ port: z.int().default(3004) }),
};

/** The lines of the error, without its first. Empty where the text is valid. */
function problems(text: string): string[] {
  try {
    parseInventory(text.trimStart(), 'inventory/t.yml', SCHEMAS);
    return [];
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    expect(error.code).toBe('inventory-invalid');
    expect(error.exit).toBe(3);
    const [first, ...lines] = error.message.split('\n');
    expect(first).toBe(`${lines.length} problem${lines.length === 1 ? '' : 's'} in inventory/t.yml`);
    return lines.map((line) => line.replace('  inventory/t.yml:', ''));
  }
}

const VALID = `
provider: sandbox
hosts:
  backend-1: { groups: [backend] }
  ws-1: { groups: [ws] }
network: {}
`;

it('a valid file has no problem', () => expect(problems(VALID)).toEqual([]));

describe('keys and values', () => {
  const table: [what: string, text: string, expected: string[]][] = [
    [
      'a key with a typing mistake',
      VALID.replace('{ groups: [ws] }', '{ groups: [ws], adress: 10.0.0.1 }'),
      ['4:25 hosts.ws-1.adress: unknown key "adress"; did you mean "address"?'],
    ],
    [
      'a key that resembles none',
      `${VALID}zookeeper: 1`,
      [
        '6:1 zookeeper: unknown key "zookeeper"; known: provider, hosts, ssh, network, images, gce, sandbox, secrets, groups, vars',
      ],
    ],
    [
      'a group section with a typing mistake',
      `${VALID}groups:\n  wss: { vars: {} }`,
      ['7:3 groups.wss: unknown key "wss"; did you mean "ws"?'],
    ],
    [
      'a provider that there is not',
      VALID.replace('sandbox', 'aws'),
      ['1:11 provider: Invalid option: expected one of "static"|"gce"|"sandbox"'],
    ],
    [
      'a group that there is not',
      VALID.replace('[ws]', '[ws, web]'),
      ['4:24 hosts.ws-1.groups.1: Invalid option: expected one of "backend"|"ws"|"lb"|"monitoring"'],
    ],
    [
      'a host in no group',
      VALID.replace('[ws]', '[]'),
      ['4:19 hosts.ws-1.groups: Too small: expected array to have >=1 items'],
    ],
    [
      'an address that is none',
      VALID.replace('[ws] }', '[ws], address: "10.0.0.1:22" }'),
      ['4:34 hosts.ws-1.address: expected an IPv4 address or a host name'],
    ],
    [
      'a network without its length',
      VALID.replace('network: {}', 'network: { internal: 10.128.0.0 }'),
      ['5:22 network.internal: expected an IPv4 network such as 10.128.0.0/20'],
    ],
    [
      'a port out of range',
      VALID.replace('[ws] }', '[ws], port: 70000 }'),
      ['4:31 hosts.ws-1.port: Too big: expected number to be <=65535'],
    ],
    [
      'memory in words',
      VALID.replace('[ws] }', '[ws], memory: 2 GB }'),
      ['4:33 hosts.ws-1.memory: expected a size such as 512M or 2G'],
    ],
    [
      'a host name in capitals',
      VALID.replace('ws-1', 'WS_1'),
      ['4:3 hosts.WS_1: expected lower-case letters, digits and dashes'],
    ],
    [
      'a secret that is a value',
      `${VALID}secrets: [hunter2]`,
      ['6:11 secrets.0: expected a name such as GRAFANA_PASSWORD'],
    ],
    [
      'a section without its content',
      VALID.replace('network: {}', 'network:'),
      ['5:9 network: Invalid input: expected object, received null'],
    ],
    ['an empty file', '', ['1:1 (file): Invalid input: expected object, received null']],
    ['a list', '- a\n- b\n', ['1:1 (file): Invalid input: expected object, received array']],
  ];
  it.each(table)('%s', (_what, text, expected) => expect(problems(text)).toEqual(expected));
});

describe('broken YAML', () => {
  const table: [what: string, text: string, expected: RegExp][] = [
    ['a bracket that is not closed', 'hosts: [a\nprovider: static\n', /^2:1 \(yaml\): Flow sequence/],
    ['a tab for indentation', 'hosts:\n\ta: 1\n', /^2:1 \(yaml\): Tabs are not allowed as indentation/],
    ['a key twice', 'network: {}\nnetwork: {}\n', /^2:1 \(yaml\): Map keys must be unique/],
    ['an alias of nothing', 'provider: static\nhosts: *all\n', /^2:8 \(yaml\): nothing is called &all/],
  ];
  it.each(table)('%s', (_what, text, expected) => expect(problems(text)[0]).toMatch(expected));
});

describe('rules about the whole file', () => {
  const hosts = (lines: string, more = ''): string => `provider: sandbox\nhosts:\n${lines}network: {}\n${more}`;
  const backend = (n: number): string => `  b-${n}: { groups: [backend] }\n`;
  const table: [what: string, text: string, expected: string[]][] = [
    ['one backend', hosts(backend(1)), []],
    ['three backends', hosts(backend(1) + backend(2) + backend(3)), []],
    [
      'no backend',
      hosts('  w: { groups: [ws] }\n'),
      ['3:3 hosts: no host is in group backend; one, or three and more, are needed'],
    ],
    [
      'two backends',
      hosts(backend(1) + backend(2)),
      ['3:3 hosts: two backend hosts cannot agree on a leader; take one, or three and more'],
    ],
    [
      'two balancers',
      hosts(`${backend(1)}  l-1: { groups: [lb] }\n  l-2: { groups: [lb] }\n`),
      ['5:18 hosts.l-2.groups: only one host may be in group lb'],
    ],
    [
      'a host called like a group',
      hosts(`${backend(1)}  ws: { groups: [ws] }\n  all: { groups: [ws] }\n`),
      [
        '4:7 hosts.ws: "ws" means a group of hosts; give the host another name',
        '5:8 hosts.all: "all" means a group of hosts; give the host another name',
      ],
    ],
    [
      'gce without its section',
      hosts(backend(1)).replace('sandbox', 'gce'),
      ['1:11 provider: provider gce needs the section "gce"'],
    ],
    [
      'static without an address',
      hosts(backend(1)).replace('sandbox', 'static'),
      ['3:8 hosts.b-1: provider static needs an "address" for every host'],
    ],
    [
      'auto outside a sandbox',
      hosts('  b-1: { groups: [backend], address: 10.0.0.1 }\n', 'images: { from: auto }').replace('sandbox', 'static'),
      ['5:17 images.from: auto is for a sandbox only: say "registry" or "build"'],
    ],
    ['auto in a sandbox', hosts(backend(1), 'images: { from: auto }'), []],
  ];
  it.each(table)('%s', (_what, text, expected) => expect(problems(text)).toEqual(expected));
});

describe('variables of roles', () => {
  const at = (level: 'all' | 'group' | 'host', vars: string): string =>
    ({
      all: `${VALID}vars: ${vars}`,
      group: `${VALID}groups: { ws: { vars: ${vars} } }`,
      host: VALID.replace('{ groups: [ws] }', `{ groups: [ws], vars: ${vars} }`),
    })[level];
  const table: [level: 'all' | 'group' | 'host', vars: string, expected: string][] = [
    ['all', '{ brocker: {} }', '6:9 vars.brocker: unknown role "brocker"; did you mean "broker"?'],
    ['group', '{ brocker: {} }', '6:25 groups.ws.vars.brocker: unknown role "brocker"; did you mean "broker"?'],
    ['host', '{ brocker: {} }', '4:33 hosts.ws-1.vars.brocker: unknown role "brocker"; did you mean "broker"?'],
    ['all', '{ redis: {} }', '6:9 vars.redis: unknown role "redis"; known: broker, ws-server'],
    ['all', '{ broker: { prt: 1 } }', '6:19 vars.broker.prt: unknown key "prt"; did you mean "port"?'],
    ['group', '{ broker: { prt: 1 } }', '6:35 groups.ws.vars.broker.prt: unknown key "prt"; did you mean "port"?'],
    ['host', '{ broker: { prt: 1 } }', '4:43 hosts.ws-1.vars.broker.prt: unknown key "prt"; did you mean "port"?'],
    ['all', '{ broker: { port: x } }', '6:25 vars.broker.port: Invalid input: expected number, received string'],
    [
      'host',
      '{ broker: { port: 1.5 } }',
      '4:49 hosts.ws-1.vars.broker.port: Invalid input: expected int, received number',
    ],
    ['all', '{ broker: 9092 }', '6:17 vars.broker: Invalid input: expected record, received number'],
  ];
  it.each(table)('%s: %s', (level, vars, expected) => expect(problems(at(level, vars))).toEqual([expected]));

  it('may be given at every level', () => {
    for (const level of ['all', 'group', 'host'] as const)
      expect(problems(at(level, '{ broker: { port: 1 } }'))).toEqual([]);
  });
});

it('all problems come at once, in the order of the file', () => {
  expect(
    problems(`
provider: gce
hosts:
  b-1: { groups: [backend] }
  b-2: { groups: [backend] }
  l-1: { groups: [lb] }
  l-2: { groups: [lb], vars: { broker: { prt: 1 } } }
network: {}
images: { from: auto }
vars: { brocker: {}, broker: { port: x, memroy: 1 } }
`),
  ).toEqual([
    '1:11 provider: provider gce needs the section "gce"',
    '3:3 hosts: two backend hosts cannot agree on a leader; take one, or three and more',
    '6:18 hosts.l-2.groups: only one host may be in group lb',
    '6:42 hosts.l-2.vars.broker.prt: unknown key "prt"; did you mean "port"?',
    '8:17 images.from: auto is for a sandbox only: say "registry" or "build"',
    '9:9 vars.brocker: unknown role "brocker"; did you mean "broker"?',
    '9:38 vars.broker.port: Invalid input: expected number, received string',
    '9:41 vars.broker.memroy: unknown key "memroy"; did you mean "memory"?',
  ]);
});

it('what the schema finds does not hide what other rules find', () => {
  expect(
    problems(`
provider: static
hosts:
  b-1: { groups: [backend], adress: 192.0.2.1 }
network: { internal: nonsense }
vars: { brocker: {} }
`),
  ).toEqual([
    '3:8 hosts.b-1: provider static needs an "address" for every host',
    '3:29 hosts.b-1.adress: unknown key "adress"; did you mean "address"?',
    '4:22 network.internal: expected an IPv4 network such as 10.128.0.0/20',
    '5:9 vars.brocker: unknown role "brocker"; did you mean "broker"?',
  ]);
});

it('nothing hides a wrong variable, however broken the rest is', () => {
  expect(
    problems(`
provider: static
hosts:
  b-1: { groups: [backnd], vars: { broker: { prt: 1 } } }
  b-2: nothing
groups: [ws]
network: {}
vars: { brocker: {} }
`).filter((problem) => problem.includes('vars')),
  ).toEqual([
    '3:46 hosts.b-1.vars.broker.prt: unknown key "prt"; did you mean "port"?',
    '7:9 vars.brocker: unknown role "brocker"; did you mean "broker"?',
  ]);
});

it.each([
  ['left empty', 'broker:', 'expected record, received null'],
  ['a number', 'broker: 5', 'expected record, received number'],
])('a role that is %s does not hide the one beside it', (_what, other, message) => {
  expect(problems(`${VALID}vars:\n  brocker: {}\n  ${other}\n`)).toEqual([
    expect.stringContaining('vars.brocker: unknown role "brocker"'),
    expect.stringContaining(`vars.broker: Invalid input: ${message}`),
  ]);
});

describe('an environment without a file', () => {
  const folder = new URL('../../../inventory/', import.meta.url).pathname;
  it('is named, with the nearest one', () => {
    expect(() => loadInventoryFile(folder, 'sandbx', SCHEMAS)).toThrow(
      expect.objectContaining({
        code: 'inventory-missing',
        message: 'inventory/sandbx.yml: unknown environment "sandbx"; did you mean "sandbox"?',
      }),
    );
  });
  it('example.yml is no environment', () => {
    expect(environments(folder)).toContain('sandbox');
    expect(environments(folder)).not.toContain('example');
  });
});

describe('did you mean', () => {
  it.each([
    ['adress', ['address', 'internal'], 'address'],
    ['wss', ['backend', 'ws', 'lb'], 'ws'],
    ['zookeeper', ['provider', 'hosts'], undefined],
    ['x', ['ws', 'lb'], undefined],
    ['', ['ws'], undefined],
  ])('%j among %j', (typed, known, expected) => expect(didYouMean(typed, known)).toBe(expected));

  it('lists what is known where nothing is near', () => {
    expect(unknownWord('host', 'zebra', ['ws-1', 'lb-1'])).toBe('unknown host "zebra"; known: ws-1, lb-1');
  });
});
