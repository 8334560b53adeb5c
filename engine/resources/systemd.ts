import type { Facts } from '../facts.ts';
import { type HostKind, OK, resourceOf } from '../resource.ts';
import { quote, words } from '../shell.ts';
import { sha256 } from './file.ts';

/** A file that a service reads when it starts. */
export interface Configuration {
  path: string;
  content: string;
}

export interface ServiceArgs {
  unit: string;
  /** A function where it depends on the host: a clock is not kept inside a container. */
  running?: boolean | ((facts: Facts) => boolean);
  enabled?: boolean;
  /** The files of the configuration that the service must be running with. It is restarted when they change. */
  configuredBy?: readonly Configuration[];
  /** `reload` where the service takes a new configuration without a restart. */
  onChange?: 'restart' | 'reload';
}

interface ServiceSeen {
  /** systemd's word for what it made of the unit file: `loaded` where all is well. */
  load: string;
  active: string;
  enabled: string;
  /** What it came up with, as recorded then: the digest of the wanted texts, and which files they were in. */
  configuration: string;
  /** Which files are there now: `inode:time,inode:time`. They differ from the recorded ones when anybody wrote to them. */
  files: string;
}

/**
 * Restarts are state: beside each unit stands what it runs with. It is written as an intent before the restart, together
 * with the unit's invocation, and as a record after it came up. A run that dies in between is understood: the intent
 * counts once the invocation is another, so that a restart that is owed happens, and happens once.
 */
const RECORDS = '/var/lib/odin/running';
const INTENT = '.intent';
const PART = '%%';
/** Where unit files of hosts lie. */
const UNIT_FOLDERS = ['/etc/systemd/system', '/usr/local/lib/systemd/system', '/usr/lib/systemd/system'];
const START_S = 120;

function isToRun({ running = true }: ServiceArgs, facts: Facts): boolean {
  return typeof running === 'function' ? running(facts) : running;
}

/** Whether it starts at boot, or not, as is wanted. A static unit is started by others. */
function isEnabled({ enabled = true }: ServiceArgs, seen: ServiceSeen): boolean {
  return seen.enabled === 'static' || enabled === (seen.enabled === 'enabled');
}

function digestOf({ configuredBy = [] }: ServiceArgs): string {
  return configuredBy.length === 0 ? '' : sha256(configuredBy.map(({ content }) => content).join('\0'));
}

const pathsOf = ({ configuredBy = [] }: ServiceArgs): string[] => configuredBy.map(({ path }) => path);
const STAT = '%i:%.Y';

/** Whether the unit runs with the wanted texts, from the files that are there now. */
function isCurrent(args: ServiceArgs, { configuration, files }: ServiceSeen): boolean {
  const digest = digestOf(args);
  return digest === '' || configuration === `${digest} ${files}`;
}

/** What a unit runs with, from its record, its intent and its invocation. */
function configurationOf(
  unit: string,
  records: ReadonlyMap<string, string>,
  invocation: string,
  active: boolean,
): string {
  const intent = records.get(unit + INTENT)?.split(' ');
  if (intent && active && intent[2] !== invocation) return `${intent[0]} ${intent[1]}`;
  return records.get(unit) ?? '';
}

/** Says what the unit is about to be started with. */
function intend(args: ServiceArgs, digest: string): string[] {
  const path = `${RECORDS}/${args.unit}${INTENT}`;
  return [
    `mkdir -p ${RECORDS}`,
    `f=$(stat -c '${STAT}' -- ${words(...pathsOf(args))} | paste -sd,)`,
    `i=$(systemctl show -p InvocationID --value -- ${quote(args.unit)})`,
    `printf '%s %s %s\\n' ${digest} "$f" "$i" >${quote(`${path}.new`)}`,
    `mv ${quote(`${path}.new`)} ${quote(path)}`,
  ];
}

/** Says what the unit was started with, now that it is up. */
function record({ unit }: ServiceArgs, digest: string): string[] {
  const path = `${RECORDS}/${unit}`;
  return [
    `printf '%s %s\\n' ${digest} "$f" >${quote(`${path}.new`)}`,
    `mv ${quote(`${path}.new`)} ${quote(path)}`,
    `rm -f ${quote(path + INTENT)}`,
  ];
}

const kind: HostKind<ServiceArgs, ServiceSeen> = {
  where: 'host',
  name: 'systemd.service',
  probe: (all) =>
    [
      `systemctl show -p Id -p LoadState -p ActiveState -p UnitFileState -p InvocationID -- ${words(...all.map(({ unit }) => unit))}`,
      `echo ${PART}`,
      `(cd ${RECORDS} 2>/dev/null && grep -H . -- * 2>/dev/null)`,
      `echo ${PART}`,
      `stat -c '${STAT}|%n' -- ${words(...new Set(all.flatMap(pathsOf)))} 2>/dev/null`,
      `echo ${PART}`,
      `for u in ${words(...all.map(({ unit }) => unit))}; do for d in ${UNIT_FOLDERS.join(' ')}; do if [ -e "$d/$u" ]; then echo "$u"; fi; done; done`,
      'exit 0',
    ].join('\n'),
  read(output, all) {
    const [shown = '', recorded = '', stats = '', found = ''] = output.split(`${PART}\n`);
    const records = new Map(
      recorded.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
    );
    const files = new Map(
      stats.split('\n').map((line) => [line.slice(line.indexOf('|') + 1), line.slice(0, line.indexOf('|'))]),
    );
    const unitFiles = new Set(found.split('\n'));
    const blocks = shown
      .trim()
      .split('\n\n')
      .map((block) => new Map(block.split('\n').map((line) => line.split('=', 2) as [string, string])));
    return all.map((args, i) => {
      const { unit } = args;
      const block = blocks[i];
      const load = block?.get('LoadState') ?? '';
      // One that runs although its file was gone is not looked for again before a daemon-reload, with which `apply` then begins.
      const isReadable = load === 'loaded' || (load !== 'masked' && unitFiles.has(unit));
      if (!block || !isReadable) return { unavailable: `the unit ${unit}` };
      const active = block.get('ActiveState') ?? '';
      return {
        load,
        active,
        enabled: block.get('UnitFileState') ?? '',
        configuration: configurationOf(unit, records, block.get('InvocationID') ?? '', active === 'active'),
        files: pathsOf(args)
          .map((path) => files.get(path) ?? '')
          .join(','),
      };
    });
  },
  decide(args, seen, facts) {
    const { enabled = true } = args;
    const running = isToRun(args, facts);
    const active = seen.active === 'active';
    const differences = [
      ...(seen.load === 'loaded' ? [] : ['its unit file was read when it was another, or none']),
      ...(running === active ? [] : [`${seen.active} → ${running ? 'active' : 'inactive'}`]),
      ...(isEnabled(args, seen) ? [] : [`${seen.enabled} → ${enabled ? 'enabled' : 'disabled'}`]),
      ...(running && active && !isCurrent(args, seen)
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
    // systemd reads every unit again for either of these: a quarter of a second each, and mostly for nothing.
    const lines = [
      seen?.load === 'loaded'
        ? `if [ "$(systemctl show -p NeedDaemonReload --value -- ${name})" != no ]; then systemctl daemon-reload; fi`
        : 'systemctl daemon-reload',
      ...(seen && isEnabled(args, seen) ? [] : [`systemctl ${enabled ? 'enable' : 'disable'} --quiet ${name}`]),
    ];
    if (!running) return [...lines, `systemctl stop ${name}`].join('\n');
    const verb = onChange === 'reload' ? 'reload-or-restart' : 'restart';
    const bring = seen && isCurrent(args, seen) ? 'start' : verb;
    // A unit that was started often, not only one that gave up, would refuse another start, and be down: it shall forget
    // them. One that systemd has not loaded has nothing to forget, and fails for that reason only.
    lines.push(`systemctl reset-failed ${name} 2>/dev/null || :`);
    if (digest) lines.push(...intend(args, digest));
    lines.push(
      `if ! systemctl ${bring} ${name}; then systemctl status --no-pager --lines 20 ${name}; exit 1; fi`,
      // A service that forks may be "active" for a moment and then gone: it must stay up for two looks in a row.
      `for pause in 0 0.2; do sleep "$pause"; systemctl is-active --quiet ${name} || { systemctl status --no-pager --lines 20 ${name}; exit 1; }; done`,
    );
    if (digest) lines.push(...record(args, digest));
    return lines.join('\n');
  },
  applySeconds: () => START_S,
};

export const service = resourceOf(kind, ({ unit }) => unit);
