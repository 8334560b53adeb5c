import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { render, SPEC_LABEL, type StackArgs, stack } from '#engine/resources/compose.ts';
import { sha256 } from '#engine/resources/file.ts';
import { decideFrom, FACTS, kindOf, oneLine, readAll } from '../../support/kind.ts';

const ARGS: StackArgs = {
  project: 'odin-backend',
  stack: 'broker',
  services: {
    broker: {
      container_name: 'odin-broker',
      image: 'r/kafka:1',
      ports: ['10.77.0.11:9092:9092'],
      labels: { kind: 'kafka' },
    },
    helper: { container_name: 'odin-helper', image: 'r/helper:1' },
  },
  volumes: { data: { name: 'odin-broker-data' } },
  configuredBy: [{ path: '/opt/odin/odin-backend/broker/server.properties', content: 'a=1\n' }],
  ready: 'curl -fsS http://127.0.0.1:9092/',
  readySeconds: 30,
};
const PATH = '/opt/odin/odin-backend/broker.yml';

interface Rendered {
  name: string;
  services: Record<string, { container_name: string; labels: Record<string, string> }>;
  volumes?: object;
  networks: object;
}
const rendered = (args: StackArgs): Rendered => parse(render(args)) as Rendered;
const specOf = (args: StackArgs, service: string): string => rendered(args).services[service]?.labels[SPEC_LABEL] ?? '';

describe('the Compose file', () => {
  it('is what was asked for, each service with the label that says what it was made from', () => {
    expect(rendered(ARGS)).toEqual({
      name: 'odin-backend',
      services: {
        broker: {
          ...ARGS.services.broker,
          labels: { kind: 'kafka', [SPEC_LABEL]: expect.stringMatching(/^[0-9a-f]{16}$/) },
        },
        helper: { ...ARGS.services.helper, labels: { [SPEC_LABEL]: expect.stringMatching(/^[0-9a-f]{16}$/) } },
      },
      volumes: { data: { name: 'odin-broker-data' } },
      networks: { default: { name: 'odin-backend' } },
    });
  });

  it('is the same each time, on one line per value', () => {
    const long = { ...ARGS, services: { x: { container_name: 'x', image: 'i', command: 'word '.repeat(100).trim() } } };
    expect(render(long)).toBe(render(structuredClone(long)));
    expect(render(long)).toContain(`command: ${'word '.repeat(100).trim()}\n`);
  });

  it('repeats values instead of pointing at them', () => {
    const shared = ['ALL'];
    const args = {
      ...ARGS,
      services: {
        a: { container_name: 'a', image: 'i', cap_drop: shared },
        b: { container_name: 'b', image: 'i', cap_drop: shared },
      },
    };
    expect(render(args)).not.toMatch(/[&*]a1/);
  });

  it.each<[what: string, change: (args: StackArgs) => StackArgs, broker: boolean, helper: boolean]>([
    ['nothing', (args) => args, false, false],
    ['the image of one service', (args) => withBroker(args, { image: 'r/kafka:2' }), true, false],
    ['a port of one service', (args) => withBroker(args, { ports: ['10.77.0.12:9092:9092'] }), true, false],
    [
      'mounted configuration',
      (args) => ({ ...args, configuredBy: [{ path: '/elsewhere', content: 'a=2\n' }] }),
      true,
      true,
    ],
    ['how readiness is asked', (args) => ({ ...args, ready: 'true', readySeconds: 5 }), false, false],
    ['a volume', (args) => ({ ...args, volumes: {} }), false, false],
  ])('a change of %s recreates what it concerns', (_what, change, broker, helper) => {
    const changed = change(ARGS);
    expect(specOf(changed, 'broker') !== specOf(ARGS, 'broker')).toBe(broker);
    expect(specOf(changed, 'helper') !== specOf(ARGS, 'helper')).toBe(helper);
  });
});

function withBroker(args: StackArgs, more: object): StackArgs {
  const { broker, ...others } = args.services;
  if (!broker) throw new Error('no broker');
  return { ...args, services: { broker: { ...broker, ...more }, ...others } };
}

/** Seconds since 1970: 1795543440. */
const STARTED = '2026-11-24T18:04:00.5Z';

const CONFIG = '/opt/odin/odin-backend/broker/server.properties';

/** Probe output: container lines as `docker inspect` formats them, then the digests of the files. */
function seen(
  containers: readonly [name: string, status: string, health: string, spec: string, project: string][],
  file: string,
  written = 1_795_543_000,
  config = 'a=1\n',
): string {
  return [
    ...containers.map(([name, ...rest]) => [`/${name}`, ...rest, STARTED].join('\t')),
    '%up',
    '%%',
    ...(file ? [`${sha256(file)}  ${PATH}`] : []),
    ...(config ? [`${sha256(config)}  ${CONFIG}`] : []),
    '%%',
    ...(config ? [`${written}.25|${CONFIG}`] : []),
    '',
  ].join('\n');
}

describe('what is decided', () => {
  const B = specOf(ARGS, 'broker');
  const H = specOf(ARGS, 'helper');
  const P = 'odin-backend';
  const text = render(ARGS);
  const helper = ['odin-helper', 'running', '', H, P] as const;
  it('containers that started before somebody wrote to their configuration are recreated', () => {
    const broker = ['odin-broker', 'running', 'healthy', B, P] as const;
    const at = (written: number): string =>
      oneLine(decideFrom(stack(ARGS), seen([[...broker], [...helper]], text, written)));
    expect(at(1_795_543_439)).toBe('ok');
    expect(at(1_795_543_441)).toContain('recreate odin-broker (its configuration was written since it started)');
  });

  it.each([
    ['gone', ''],
    ['of another text, however old', 'a=2\n'],
  ])('containers whose configuration is %s are recreated: it is about to be written', (_what, config) => {
    const broker = ['odin-broker', 'running', 'healthy', B, P] as const;
    expect(oneLine(decideFrom(stack(ARGS), seen([[...broker], [...helper]], text, undefined, config)))).toContain(
      'recreate odin-broker (its configuration is not as wanted)',
    );
  });

  const table: [what: string, output: string, decision: string][] = [
    ['all as wanted', seen([['odin-broker', 'running', 'healthy', B, P], [...helper]], text), 'ok'],
    ['still starting', seen([['odin-broker', 'running', 'starting', B, P], [...helper]], text), 'ok'],
    ['nothing there', seen([], ''), `+ create odin-broker, create odin-helper, write ${PATH}`],
    ['one missing', seen([[...helper]], text), '+ create odin-broker'],
    [
      'made from something else',
      seen([['odin-broker', 'running', '', 'old', P], [...helper]], text),
      '~ recreate odin-broker',
    ],
    ['exited', seen([['odin-broker', 'exited', '', B, P], [...helper]], text), '~ start odin-broker (exited)'],
    ['paused', seen([['odin-broker', 'paused', '', B, P], [...helper]], text), '~ go on with odin-broker (paused)'],
    [
      'restarting in a loop',
      seen([['odin-broker', 'restarting', '', B, P], [...helper]], text),
      '~ start odin-broker (restarting)',
    ],
    [
      'unhealthy',
      seen([['odin-broker', 'running', 'unhealthy', B, P], [...helper]], text),
      '~ recreate odin-broker (unhealthy)',
    ],
    [
      'of another project',
      seen([['odin-broker', 'running', '', B, 'old-stack'], [...helper]], text),
      '~ odin-broker belongs to old-stack',
    ],
    [
      'made by hand',
      seen([['odin-broker', 'running', '', '', ''], [...helper]], text),
      '~ odin-broker belongs to nobody',
    ],
    [
      'file altered by hand',
      seen([['odin-broker', 'running', '', B, P], [...helper]], `${text}# x`),
      `~ write ${PATH}`,
    ],
    ['file gone', seen([['odin-broker', 'running', '', B, P], [...helper]], ''), `~ write ${PATH}`],
    [
      'one new, one old',
      seen([['odin-helper', 'running', '', 'old', P]], text),
      '~ create odin-broker, recreate odin-helper',
    ],
    ['no Docker yet', '', '? docker'],
    ['Docker does not answer', 'Cannot connect to the Docker daemon\n%%\n', '? docker'],
  ];
  it.each(table)('%s', (_what, output, decision) => expect(oneLine(decideFrom(stack(ARGS), output))).toBe(decision));
});

describe('the text for --diff', () => {
  const texts = (output: string): object => {
    const decision = decideFrom(stack(ARGS), output);
    const { before, after } = decision as { before?: string; after?: string };
    return { before, after };
  };
  const wanted = render(ARGS);
  const other = `${wanted}# by hand\n`;
  const shown = `%%\n${PATH}\n${Buffer.from(other).toString('base64')}\n`;

  it.each<[what: string, output: string, expected: object]>([
    ['of a file that was edited', `${seen([], other)}${shown}`, { before: other, after: wanted }],
    ['of a file that is not there', seen([], ''), { before: '', after: wanted }],
    ['not without --diff', seen([], other), {}],
    ['not where only a container differs', seen([], wanted), {}],
  ])('%s', (_what, output, expected) => expect(texts(output)).toEqual(expected));

  it('is asked for with --diff only', () => {
    const probe = (diff: boolean): string => kindOf(stack(ARGS)).probe([ARGS], { diff });
    expect(probe(true)).toContain(`base64 -w0 ${PATH}`);
    expect(probe(false)).not.toContain('base64');
    execFileSync('sh', ['-n', '-c', probe(true)]);
  });
});

describe('the change', () => {
  it('lets a paused container go on before anything else', () => {
    const paused: Parameters<typeof seen>[0] = [['odin-broker', 'paused', '', 'old', 'odin-backend']];
    expect(script(seen(paused, ''))).toMatch(/docker unpause odin-broker >[^\n]*\ndocker compose/);
    expect(script(seen([], ''))).not.toContain('unpause');
  });

  const script = (output: string): string => {
    const wanted = stack(ARGS);
    return kindOf(wanted).apply(wanted.args, readAll(output, wanted)[0], FACTS, {});
  };
  const B = specOf(ARGS, 'broker');
  const ups = (text: string): string[] =>
    text
      .split('\n')
      .flatMap((line) => (line.startsWith('docker compose') ? [line.slice(line.indexOf(' up ') + 4)] : []));

  it.each<[what: string, output: string, ups: string[]]>([
    ['creates', seen([], ''), ['--detach --no-deps --pull never broker helper']],
    [
      'recreates what was made from something else, starts the rest',
      seen(
        [
          ['odin-broker', 'running', '', 'old', 'odin-backend'],
          ['odin-helper', 'exited', '', specOf(ARGS, 'helper'), 'odin-backend'],
        ],
        '',
      ),
      ['--detach --no-deps --pull never --force-recreate broker', '--detach --no-deps --pull never helper'],
    ],
    [
      'touches no container where only the file differs',
      seen(
        [
          ['odin-broker', 'running', '', B, 'odin-backend'],
          ['odin-helper', 'running', '', specOf(ARGS, 'helper'), 'odin-backend'],
        ],
        '',
      ),
      [],
    ],
  ])('%s', (_what, output, expected) => {
    expect(ups(script(output))).toEqual(expected);
    execFileSync('sh', ['-n', '-c', script(output)]);
  });

  it('carries the file as it is compared afterwards', () => {
    const encoded = /<<'END'\n(\S+)\nEND/.exec(script(seen([], '')))?.[1] ?? '';
    expect(Buffer.from(encoded, 'base64').toString()).toBe(render(ARGS));
  });
});
