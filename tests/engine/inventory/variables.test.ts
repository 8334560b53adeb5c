import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { KitError } from '#engine/errors.ts';
import { parseExtras } from '#engine/inventory/extra.ts';
import { parseInventory, placesIn } from '#engine/inventory/load.ts';
import type { HostEntry } from '#engine/inventory/schema.ts';
import { type Variable, variablesOf } from '#engine/inventory/variables.ts';

const SCHEMAS = {
  broker: z.strictObject({
    port: z.int().default(9092),
    memory: z.string().default('640M'),
    heap: z.string().optional(),
    limits: z.strictObject({ files: z.int().default(1024), tasks: z.int().default(512) }).prefault({}),
  }),
};
const NAME = 'inventory/t.yml';

const TEXT = `provider: sandbox
hosts:
  b-1: { groups: [backend] }
  edge:
    groups: [ws, lb]
    vars:
      broker:
        port: 4
network: {}
groups:
  ws:
    vars:
      broker: { port: 2, limits: { files: 2048 } }
  lb:
    vars:
      broker: { port: 3, memory: 1G }
vars:
  broker:
    port: 1
    memory: 2G
`;

function variable(host: string, key: string, ...extra: string[]): Variable | undefined {
  const file = parseInventory(TEXT, NAME, SCHEMAS);
  const extras = parseExtras(extra, SCHEMAS);
  const all = variablesOf(host, file.hosts[host] as HostEntry, file, SCHEMAS, extras, placesIn(TEXT, NAME));
  return all.find((each) => each.key === key);
}

/** `4 inventory/t.yml:8:9`, strongest first. */
const chain = (found: Variable | undefined): string[] =>
  [found, ...(found?.overridden ?? [])].map((said) => `${JSON.stringify(said?.value)} ${said?.from}`);

describe('a variable says where it comes from, and what it overrides', () => {
  it.each<[host: string, key: string, extra: string[], expected: string[]]>([
    ['b-1', 'heap', [], ['undefined default of the role broker']],
    ['b-1', 'port', [], ['1 inventory/t.yml:19:5', '9092 default of the role broker']],
    [
      'edge',
      'memory',
      [],
      ['"1G" inventory/t.yml:16:26', '"2G" inventory/t.yml:20:5', '"640M" default of the role broker'],
    ],
    [
      'edge',
      'port',
      [],
      [
        '4 inventory/t.yml:8:9',
        '3 inventory/t.yml:16:17',
        '2 inventory/t.yml:13:17',
        '1 inventory/t.yml:19:5',
        '9092 default of the role broker',
      ],
    ],
    [
      'b-1',
      'port',
      ['broker.port=5'],
      ['5 --extra broker.port=5', '1 inventory/t.yml:19:5', '9092 default of the role broker'],
    ],
    [
      'edge',
      'limits',
      [],
      ['{"files":2048,"tasks":512} inventory/t.yml:13:26', '{"files":1024,"tasks":512} default of the role broker'],
    ],
  ])('%s broker.%s %j', (host, key, extra, expected) => expect(chain(variable(host, key, ...extra))).toEqual(expected));
});

describe('a tie is an error: no order decides between two groups', () => {
  const problems = (text: string): string[] => {
    try {
      parseInventory(text, NAME, SCHEMAS);
      return [];
    } catch (error) {
      if (!(error instanceof KitError)) throw error;
      return error.message.split('\n').slice(1);
    }
  };
  const tied = TEXT.replace('        port: 4', '        heap: 1G');
  it.each<[what: string, text: string, expected: string[]]>([
    ['the host decides', TEXT, []],
    [
      'nobody decides',
      tied,
      [
        '  inventory/t.yml:16:17 groups.lb.vars.broker.port: host edge is in ws and lb, and inventory/t.yml:13:17 says otherwise; say it for the host, or in one of the two',
      ],
    ],
    ['both say the same', tied.replace('port: 3', 'port: 2'), []],
    ['no host is in both', tied.replace('[ws, lb]', '[ws]'), []],
    ['equal lists and maps are no tie', tied.replace('port: 3, memory: 1G', 'port: 2, limits: { files: 2048 }'), []],
  ])('%s', (_what, text, expected) => expect(problems(text)).toEqual(expected));

  it('names each pair of groups once, however many hosts are in both', () => {
    const more = tied
      .replace('network: {}', '  e-2: { groups: [lb, ws] }\nnetwork: {}')
      .replace('[ws, lb]', '[lb, ws]');
    // Only one host may be in lb: that is said too.
    expect(problems(more).filter((line) => line.includes('says otherwise'))).toHaveLength(1);
  });
});

describe('--extra', () => {
  it.each<[word: string, value: unknown]>([
    ['broker.port=9093', 9093],
    ['broker.memory=1G', '1G'],
    ['broker.memory="1"', '1'],
    ['broker.heap=a=b', 'a=b'],
    ['broker.limits={ files: 1 }', { files: 1 }],
  ])('%s', (word, value) => expect(parseExtras([word], SCHEMAS)).toMatchObject([{ role: 'broker', value, word }]));

  it.each<[words: string[], lines: string[]]>([
    [['port=1'], ['--extra port=1 (word): expected role.key=value, such as publisher.rate=100']],
    [['broker.port'], ['--extra broker.port (word): expected role.key=value, such as publisher.rate=100']],
    [['brocker.port=1'], ['--extra brocker.port=1 brocker: unknown role "brocker"; did you mean "broker"?']],
    [['constructor.port=1'], ['--extra constructor.port=1 constructor: unknown role "constructor"; known: broker']],
    [['broker.prt=1'], ['--extra broker.prt=1 broker.prt: unknown key "prt"; did you mean "port"?']],
    [['broker.port=x'], ['--extra broker.port=x broker.port: Invalid input: expected number, received string']],
    [['broker.port="1"'], ['--extra broker.port="1" broker.port: Invalid input: expected number, received string']],
    [['broker.port=[1'], [expect.stringMatching(/^--extra broker\.port=\[1 broker\.port: Flow sequence/) as string]],
    [['broker.limits={ fils: 1 }'], ['--extra broker.limits={ fils: 1 } broker.limits: Unrecognized key: "fils"']],
    [['broker.port=1', 'broker.port=2'], ['--extra broker.port=2 broker.port: --extra broker.port=1 says it already']],
    [
      ['broker.port=x', 'broker.memory=1'],
      [
        '--extra broker.port=x broker.port: Invalid input: expected number, received string',
        '--extra broker.memory=1 broker.memory: Invalid input: expected string, received number',
      ],
    ],
  ])('%j is refused', (words, lines) => {
    const error = ((): unknown => {
      try {
        return parseExtras(words, SCHEMAS);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ code: 'usage', exit: 3 });
    expect((error as KitError).message.split('\n').slice(1)).toEqual(
      lines.map((line) => (typeof line === 'string' ? `  ${line}` : expect.stringContaining('Flow sequence'))),
    );
  });
});
