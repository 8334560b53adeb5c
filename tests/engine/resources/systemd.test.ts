import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { sha256 } from '#engine/resources/file.ts';
import { type Configuration, type ServiceArgs, service } from '#engine/resources/systemd.ts';
import { decideFrom, FACTS, kindOf, oneLine, readAll } from '../../support/kind.ts';

const shown = (unit: string, active: string, enabled: string, load = 'loaded', invocation = 'i1'): string =>
  `Id=${unit}\nLoadState=${load}\nActiveState=${active}\nUnitFileState=${enabled}\nInvocationID=${invocation}`;
const UNIT = 'haproxy.service';
const CONFIG: Configuration = { path: '/etc/haproxy.cfg', content: 'global\n' };
const DIGEST = sha256(CONFIG.content);
/** The file that is there now, as `stat` shows it. */
const FILE = '7:1.5';
const RECORDED = `${UNIT}:${DIGEST} ${FILE}`;
const output = (seen: string, recorded: string, file = FILE): string =>
  `${seen}\n%%\n${recorded}\n%%\n${file}|${CONFIG.path}\n`;

describe('what is decided', () => {
  const table: [shown: string, recorded: string, args: Partial<ServiceArgs>, decision: string][] = [
    [shown(UNIT, 'active', 'enabled'), '', {}, 'ok'],
    [shown(UNIT, 'inactive', 'enabled'), '', {}, '~ inactive → active'],
    [shown(UNIT, 'failed', 'enabled'), '', {}, '~ failed → active'],
    [shown(UNIT, 'activating', 'enabled'), '', {}, '~ activating → active'],
    [shown(UNIT, 'active', 'disabled'), '', {}, '~ disabled → enabled'],
    [shown(UNIT, 'inactive', 'disabled'), '', {}, '~ inactive → active, disabled → enabled'],
    [shown(UNIT, 'active', 'static'), '', {}, 'ok'],
    [shown(UNIT, 'active', 'enabled'), '', { running: false }, '~ active → inactive'],
    [shown(UNIT, 'inactive', 'disabled'), '', { running: false, enabled: false }, 'ok'],
    [shown(UNIT, 'active', 'enabled'), '', { running: ({ container }) => container }, '~ active → inactive'],
    [shown(UNIT, '', '', 'not-found'), '', {}, '? the unit haproxy.service'],
    [shown(UNIT, 'inactive', 'masked', 'masked'), '', {}, '? the unit haproxy.service'],
    ['', '', {}, '? the unit haproxy.service'],
    // Restarts are state: what it runs with is on record.
    [shown(UNIT, 'active', 'enabled'), RECORDED, { configuredBy: [CONFIG] }, 'ok'],
    [shown(UNIT, 'active', 'enabled'), '', { configuredBy: [CONFIG] }, '~ restart: runs with another configuration'],
    [
      shown(UNIT, 'active', 'enabled'),
      `${UNIT}:${sha256('old')} ${FILE}`,
      { configuredBy: [CONFIG], onChange: 'reload' },
      '~ reload: runs with another configuration',
    ],
    [shown(UNIT, 'failed', 'enabled'), '', { configuredBy: [CONFIG] }, '~ failed → active'],
    [shown(UNIT, 'inactive', 'enabled'), '', { running: false, configuredBy: [CONFIG] }, 'ok'],
  ];
  it.each(table)('%j %j %j', (seen, recorded, args, decision) => {
    expect(oneLine(decideFrom(service({ unit: UNIT, ...args }), output(seen, recorded)))).toBe(decision);
  });

  const RESTART = '~ restart: runs with another configuration';
  const intent = (invocation: string, file = FILE): string => `${UNIT}.intent:${DIGEST} ${file} ${invocation}`;
  it.each<[what: string, active: string, invocation: string, recorded: string, file: string, decision: string]>([
    ['started from these files', 'active', 'i1', RECORDED, FILE, 'ok'],
    ['somebody wrote to the file since it started', 'active', 'i1', RECORDED, '7:2.5', RESTART],
    ['the file was replaced since it started', 'active', 'i1', RECORDED, '8:1.5', RESTART],
    ['cut off between the intent and the restart', 'active', 'i1', intent('i1'), FILE, RESTART],
    ['cut off between the restart and the record', 'active', 'i2', intent('i1'), FILE, 'ok'],
    ['the same, and the file was written again', 'active', 'i2', intent('i1'), '7:9.5', RESTART],
    ['cut off, and it did not come up', 'failed', 'i2', intent('i1'), FILE, '~ failed → active'],
  ])('%s', (_what, active, invocation, recorded, file, decision) => {
    const seen = shown(UNIT, active, 'enabled', 'loaded', invocation);
    const wanted = service({ unit: UNIT, configuredBy: [CONFIG] });
    expect(oneLine(decideFrom(wanted, output(seen, recorded, file)))).toBe(decision);
  });

  it('two texts are not one text: where one ends counts', () => {
    const texts = (...contents: string[]): Configuration[] => contents.map((content) => ({ ...CONFIG, content }));
    const recorded = `${UNIT}:${sha256(['ab', 'c'].join('\0'))} ${FILE},${FILE}`;
    const told = output(shown(UNIT, 'active', 'enabled'), recorded);
    expect(oneLine(decideFrom(service({ unit: UNIT, configuredBy: texts('ab', 'c') }), told))).toBe('ok');
    expect(oneLine(decideFrom(service({ unit: UNIT, configuredBy: texts('a', 'bc') }), told))).not.toBe('ok');
  });

  it('several units are told apart, also where one is not there', () => {
    const told = [
      shown('a.service', 'active', 'enabled'),
      '',
      shown('b.service', 'inactive', '', 'not-found'),
      '',
      shown('c.service', 'failed', 'disabled'),
      '%%',
      'c.service:123',
      '%%',
      '',
    ].join('\n');
    const units = ['a.service', 'b.service', 'c.service'].map((unit) => service({ unit }));
    expect(readAll(told, ...units)).toEqual([
      { load: 'loaded', active: 'active', enabled: 'enabled', configuration: '', files: '' },
      { unavailable: 'the unit b.service' },
      { load: 'loaded', active: 'failed', enabled: 'disabled', configuration: '123', files: '' },
    ]);
  });
});

describe('a unit that systemd has not read anew', () => {
  const wanted = service({ unit: UNIT });
  const told = (load: string, ...unitFiles: string[]): string =>
    [output(shown(UNIT, 'active', 'enabled', load), ''), '%%', ...unitFiles].join('\n');
  it.each<[load: string, unitFiles: string[], expected: string]>([
    ['loaded', [UNIT], 'ok'],
    ['not-found', [UNIT], '~ its unit file was read when it was another, or none'],
    ['error', [UNIT], '~ its unit file was read when it was another, or none'],
    ['not-found', [], `? the unit ${UNIT}`],
    ['masked', [UNIT], `? the unit ${UNIT}`],
  ])('%s, with %j on disk: %s', (load, unitFiles, expected) =>
    expect(oneLine(decideFrom(wanted, told(load, ...unitFiles)))).toBe(expected),
  );
});

describe('the change', () => {
  const script = (args: Partial<ServiceArgs>, recorded = '', enabled = 'enabled'): string => {
    const wanted = service({ unit: UNIT, ...args });
    const [seen] = readAll(output(shown(UNIT, 'active', enabled), recorded), wanted);
    return kindOf(wanted).apply(wanted.args, seen, FACTS, {});
  };
  const table: [what: string, args: Partial<ServiceArgs>, recorded: string, expected: RegExp][] = [
    ['starts what runs with the right configuration', { configuredBy: [CONFIG] }, RECORDED, /systemctl start haproxy/],
    ['restarts on another configuration', { configuredBy: [CONFIG] }, '', /systemctl restart haproxy/],
    ['reloads where it may', { configuredBy: [CONFIG], onChange: 'reload' }, '', /systemctl reload-or-restart haproxy/],
    ['forgets earlier starts', {}, '', /reset-failed haproxy\.service [^\n]*\n.*systemctl start haproxy/],
    ['stops', { running: false }, '', /systemctl stop haproxy/],
    ['disables', { enabled: false }, '', /systemctl disable --quiet haproxy/],
    ['shows the status where it does not come up', {}, '', /systemctl status --no-pager --lines 20/],
    [
      'says what it is about to start',
      { configuredBy: [CONFIG] },
      '',
      /mv \S+\.intent\.new \S+\.intent\n.*systemctl restart/,
    ],
    [
      'records only after it came up',
      { configuredBy: [CONFIG] },
      '',
      /is-active[^\n]*\n.*\nmv \S+\.new \S+\nrm -f \S+$/,
    ],
  ];
  it.each(table)('%s', (_what, args, recorded, expected) => {
    expect(script(args, recorded)).toMatch(expected);
    execFileSync('sh', ['-n', '-c', script(args, recorded)]);
  });

  it.each([
    ['enabled', {}, undefined],
    ['static', {}, undefined],
    ['disabled', {}, 'systemctl enable --quiet haproxy.service'],
    ['masked', { enabled: false }, undefined],
    ['enabled', { enabled: false }, 'systemctl disable --quiet haproxy.service'],
  ])('%s, wanted %j', (enabled, args, expected) => {
    expect(/systemctl (en|dis)able .*/.exec(script(args, '', enabled))?.[0]).toBe(expected);
  });

  it('has systemd read its units again only where they differ from what it knows', () => {
    expect(script({})).toMatch(/^if .*NeedDaemonReload.* != no \]; then systemctl daemon-reload; fi$/m);
    const wanted = service({ unit: UNIT });
    const told = `${output(shown(UNIT, 'active', 'enabled', 'not-found'), '')}\n%%\n${UNIT}\n`;
    expect(kindOf(wanted).apply(wanted.args, readAll(told, wanted)[0], FACTS, {})).toMatch(
      /^systemctl daemon-reload$/m,
    );
    expect(kindOf(wanted).apply(wanted.args, undefined, FACTS, {})).toMatch(/^systemctl daemon-reload$/m);
  });
});
