import type { Facts } from '../facts.ts';
import { type HostKind, OK, resourceOf } from '../resource.ts';
import { quote, words } from '../shell.ts';
import { sha256 } from './file.ts';

export interface ServiceArgs {
  unit: string;
  /** A function where it depends on the host: a clock is not kept inside a container. */
  running?: boolean | ((facts: Facts) => boolean);
  enabled?: boolean;
  /** The texts of the configuration that the service must be running with. It is restarted when they change. */
  configuredBy?: readonly string[];
  /** `reload` where the service takes a new configuration without a restart. */
  onChange?: 'restart' | 'reload';
}

interface ServiceSeen {
  active: string;
  enabled: string;
  /** The digest of the configuration it came up with, as recorded then. */
  configuration: string;
}

/** Restarts are state: beside each unit stands the digest of what it runs with, written after it came up. */
const RECORDS = '/var/lib/odin/running';
const PART = '%%';
const START_S = 120;

function isToRun({ running = true }: ServiceArgs, facts: Facts): boolean {
  return typeof running === 'function' ? running(facts) : running;
}

function digestOf({ configuredBy = [] }: ServiceArgs): string {
  return configuredBy.length === 0 ? '' : sha256(configuredBy.join('\0'));
}

const kind: HostKind<ServiceArgs, ServiceSeen> = {
  where: 'host',
  name: 'systemd.service',
  probe: (all) =>
    [
      `systemctl show -p Id -p LoadState -p ActiveState -p UnitFileState -- ${words(...all.map(({ unit }) => unit))}`,
      `echo ${PART}`,
      `cd ${RECORDS} 2>/dev/null && grep -H . -- * 2>/dev/null`,
      'exit 0',
    ].join('\n'),
  read(output, all) {
    const [shown = '', recorded = ''] = output.split(`${PART}\n`);
    const records = new Map(
      recorded.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
    );
    const blocks = shown
      .trim()
      .split('\n\n')
      .map((block) => new Map(block.split('\n').map((line) => line.split('=', 2) as [string, string])));
    return all.map(({ unit }, i) => {
      const block = blocks[i];
      if (block?.get('LoadState') !== 'loaded') return { unavailable: `the unit ${unit}` };
      return {
        active: block.get('ActiveState') ?? '',
        enabled: block.get('UnitFileState') ?? '',
        configuration: records.get(unit) ?? '',
      };
    });
  },
  decide(args, seen, facts) {
    const { enabled = true } = args;
    const running = isToRun(args, facts);
    const differences = [
      ...(running === (seen.active === 'active') ? [] : [`${seen.active} → ${running ? 'active' : 'inactive'}`]),
      ...(seen.enabled === 'static' || enabled === (seen.enabled === 'enabled')
        ? []
        : [`${seen.enabled} → ${enabled ? 'enabled' : 'disabled'}`]),
      ...(running && digestOf(args) !== seen.configuration
        ? [`${args.onChange ?? 'restart'}: runs with another configuration`]
        : []),
    ];
    return differences.length === 0 ? OK : { state: 'change', action: '~', summary: differences.join(', ') };
  },
  apply(args, seen, facts) {
    const { unit, enabled = true, onChange = 'restart' } = args;
    const running = isToRun(args, facts);
    const name = quote(unit);
    const digest = digestOf(args);
    const lines = [
      'systemctl daemon-reload',
      ...(seen?.enabled === 'static' ? [] : [`systemctl ${enabled ? 'enable' : 'disable'} --quiet ${name}`]),
    ];
    if (!running) return [...lines, `systemctl stop ${name}`].join('\n');
    const verb = onChange === 'reload' ? 'reload-or-restart' : 'restart';
    const bring = digest !== seen?.configuration ? verb : 'start';
    lines.push(
      // A unit that gave up after too many starts refuses another one until it is told to forget them.
      `if systemctl is-failed --quiet ${name}; then systemctl reset-failed ${name}; fi`,
      `if ! systemctl ${bring} ${name}; then systemctl status --no-pager --lines 20 ${name}; exit 1; fi`,
      // A service that forks may be "active" for a moment and then gone: it must stay up for two looks in a row.
      `n=0; until [ "$n" -ge 2 ]; do systemctl is-active --quiet ${name} || { systemctl status --no-pager --lines 20 ${name}; exit 1; }; n=$((n+1)); sleep 0.2; done`,
    );
    if (digest)
      lines.push(
        `mkdir -p ${RECORDS}`,
        `printf %s ${digest} >${RECORDS}/${name}.new`,
        `mv ${RECORDS}/${name}.new ${RECORDS}/${name}`,
      );
    return lines.join('\n');
  },
  applySeconds: () => START_S,
};

export const service = resourceOf(kind, ({ unit }) => unit);
