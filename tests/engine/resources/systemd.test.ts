import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { sha256 } from '#engine/resources/file.ts';
import { type ServiceArgs, service } from '#engine/resources/systemd.ts';
import { decideFrom, FACTS, kindOf, oneLine, readAll } from '../../support/kind.ts';

const shown = (unit: string, active: string, enabled: string, load = 'loaded'): string =>
  `Id=${unit}\nLoadState=${load}\nActiveState=${active}\nUnitFileState=${enabled}`;
const UNIT = 'haproxy.service';
const CONFIG = 'global\n';
const RECORDED = `${UNIT}:${sha256(CONFIG)}`;

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
      `${UNIT}:${sha256('old')}`,
      { configuredBy: [CONFIG], onChange: 'reload' },
      '~ reload: runs with another configuration',
    ],
    [
      shown(UNIT, 'failed', 'enabled'),
      '',
      { configuredBy: [CONFIG] },
      '~ failed → active, restart: runs with another configuration',
    ],
    [shown(UNIT, 'inactive', 'enabled'), '', { running: false, configuredBy: [CONFIG] }, 'ok'],
  ];
  it.each(table)('%j %j %j', (seen, recorded, args, decision) => {
    expect(oneLine(decideFrom(service({ unit: UNIT, ...args }), `${seen}\n%%\n${recorded}\n`))).toBe(decision);
  });

  it('two texts are not one text: where one ends counts', () => {
    const recorded = `${UNIT}:${sha256(['ab', 'c'].join('\0'))}`;
    const output = `${shown(UNIT, 'active', 'enabled')}\n%%\n${recorded}\n`;
    expect(oneLine(decideFrom(service({ unit: UNIT, configuredBy: ['ab', 'c'] }), output))).toBe('ok');
    expect(oneLine(decideFrom(service({ unit: UNIT, configuredBy: ['a', 'bc'] }), output))).not.toBe('ok');
  });

  it('several units are told apart, also where one is not there', () => {
    const output = [
      shown('a.service', 'active', 'enabled'),
      '',
      shown('b.service', 'inactive', '', 'not-found'),
      '',
      shown('c.service', 'failed', 'disabled'),
      '%%',
      'c.service:123',
    ].join('\n');
    const units = ['a.service', 'b.service', 'c.service'].map((unit) => service({ unit }));
    expect(readAll(output, ...units)).toEqual([
      { active: 'active', enabled: 'enabled', configuration: '' },
      { unavailable: 'the unit b.service' },
      { active: 'failed', enabled: 'disabled', configuration: '123' },
    ]);
  });
});

describe('the change', () => {
  const script = (args: Partial<ServiceArgs>, recorded = ''): string => {
    const wanted = service({ unit: UNIT, ...args });
    const [seen] = readAll(`${shown(UNIT, 'active', 'enabled')}\n%%\n${recorded}\n`, wanted);
    return kindOf(wanted).apply(wanted.args, seen, FACTS, {});
  };
  const table: [what: string, args: Partial<ServiceArgs>, recorded: string, expected: RegExp][] = [
    ['starts what runs with the right configuration', { configuredBy: [CONFIG] }, RECORDED, /systemctl start haproxy/],
    ['restarts on another configuration', { configuredBy: [CONFIG] }, '', /systemctl restart haproxy/],
    ['reloads where it may', { configuredBy: [CONFIG], onChange: 'reload' }, '', /systemctl reload-or-restart haproxy/],
    ['stops', { running: false }, '', /systemctl stop haproxy/],
    ['enables', {}, '', /systemctl enable --quiet haproxy/],
    ['disables', { enabled: false }, '', /systemctl disable --quiet haproxy/],
    ['shows the status where it does not come up', {}, '', /systemctl status --no-pager --lines 20/],
    // The record is the last thing that happens: a run that dies before it leaves a difference.
    ['records only after it came up', { configuredBy: [CONFIG] }, '', /is-active[^\n]*\n.*\n.*\nmv \S+\.new \S+$/],
  ];
  it.each(table)('%s', (_what, args, recorded, expected) => {
    expect(script(args, recorded)).toMatch(expected);
    execFileSync('sh', ['-n', '-c', script(args, recorded)]);
  });
});
