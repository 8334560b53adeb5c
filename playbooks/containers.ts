import { adhoc } from '#engine/adhoc.ts';
import type { Flag, Flags } from '#engine/cli/command.ts';
import { confirm } from '#engine/confirm.ts';
import { KitError } from '#engine/errors.ts';
import type { Host, Inventory } from '#engine/inventory/inventory.ts';
import { unknownWord } from '#engine/inventory/problems.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import { quote, words } from '#engine/shell.ts';
import { CONTAINER as BROKER } from '#roles/broker/role.ts';
import { CONTAINER as PROMETHEUS } from '#roles/metrics/role.ts';
import { CONTAINER as PUBLISHER } from '#roles/publisher/role.ts';
import { CONTAINER as WS } from '#roles/ws-server/role.ts';
import { envOf, openEnvironment, type Providers } from './environment.ts';

/** Containers in the order in which they are started; stopped the other way round. */
const CONTAINERS = [BROKER, PUBLISHER, PROMETHEUS, WS];

export const containerFlags = {
  env: { value: 'NAME', help: 'the environment: inventory/NAME.yml' },
  limit: { value: 'HOSTS', help: 'only these hosts or groups, comma-separated' },
  service: { value: 'CONTAINER', help: `only this container: ${CONTAINERS.join(', ')}` },
  yes: { help: 'do not ask' },
} as const satisfies Record<string, Flag>;

export const logsFlags = {
  env: containerFlags.env,
  limit: containerFlags.limit,
  service: containerFlags.service,
  lines: { value: 'N', help: 'the last N lines of each (default 50)' },
} as const satisfies Record<string, Flag>;

const DEFAULT_LINES = 50;
const VERB_S = 240;

function text(flags: Flags, name: string): string | undefined {
  return typeof flags[name] === 'string' ? flags[name] : undefined;
}

/** The containers that are meant, in starting order. */
function chosen(flags: Flags): string[] {
  const service = text(flags, 'service');
  if (!service) return CONTAINERS;
  if (!CONTAINERS.includes(service))
    throw new KitError('usage', unknownWord('container', service, CONTAINERS), { next: 'make status' });
  return [service];
}

/** The containers of ours that are on a host, in the given order, as a shell list `$all`. */
function present(names: readonly string[]): string {
  return `all=; for c in ${words(...names)}; do if docker container inspect "$c" >/dev/null 2>&1; then all="$all $c"; fi; done`;
}

const limitOf = (flags: Flags): { limit?: string } => {
  const limit = text(flags, 'limit');
  return limit ? { limit } : {};
};

/** Starts, stops or restarts containers that a deploy made. One host after the other, so that a restart is never everywhere at once. */
export async function runVerb(
  verb: 'start' | 'stop' | 'restart',
  flags: Flags,
  providers: Providers,
  report: Reporter,
): Promise<number> {
  const names = chosen(flags);
  const { inventory } = await openEnvironment(envOf(flags), providers);
  if (verb !== 'start') {
    report.lines(
      `${verb}: ${names.join(', ')} on ${text(flags, 'limit') ?? 'all hosts'}${verb === 'stop' ? '; their data stays' : ''}`,
    );
    await confirm(inventory.env, verb, flags.yes === true);
  }
  const ordered = verb === 'stop' ? [...names].reverse() : names;
  const script = `command -v docker >/dev/null || exit 0\n${present(ordered)}\n[ -z "$all" ] || docker ${verb} $all`;
  return adhoc(
    inventory,
    { ...limitOf(flags), serial: true, report, record: true },
    () => ({ id: verb, script: `exec 2>&1\n${script}`, timeoutSeconds: VERB_S }),
    (host, { output }) =>
      report.done(
        host.name,
        output.trim() ? `${verb}: ${output.trim().split('\n').join(' ')}` : 'no container of ours here',
      ),
  );
}

/** The last lines of each container's log. */
export async function runLogs(flags: Flags, providers: Providers, report: Reporter): Promise<number> {
  const names = chosen(flags);
  const lines = Number(text(flags, 'lines') ?? DEFAULT_LINES);
  if (!Number.isInteger(lines) || lines < 1)
    throw new KitError('usage', `--lines takes a whole number, not "${text(flags, 'lines')}"`);
  const { inventory } = await openEnvironment(envOf(flags), providers);
  const script = `command -v docker >/dev/null || exit 0\n${present(names)}\nfor c in $all; do echo "--- $c"; docker logs --timestamps --tail ${lines} "$c" 2>&1; done`;
  return adhoc(
    inventory,
    { ...limitOf(flags), report },
    () => ({ id: 'logs', script, timeoutSeconds: VERB_S }),
    (host, { output }) => {
      if (output.trim()) report.lines(prefixed(host, output));
    },
  );
}

function prefixed(host: Host, output: string): string {
  return output
    .trimEnd()
    .split('\n')
    .map((line) => `${host.name}  ${line}`)
    .join('\n');
}

/** What runs where: one line per container, with its release and since when. */
export async function showStatus(inventory: Inventory, report: Reporter, limit?: string): Promise<number> {
  const format = '{{.Names}}\t{{.Image}}\t{{.Status}}';
  const script = [
    'command -v docker >/dev/null || { echo "(no Docker yet)"; exit 0; }',
    `docker ps --all --filter name=^odin- --format ${quote(format)} | sort`,
    `systemctl is-active --quiet haproxy && printf 'haproxy\\t(package)\\tUp\\n'`,
    `systemctl is-active --quiet docker-registry && printf 'docker-registry\\t(package)\\tUp\\n'`,
    'exit 0',
  ].join('\n');
  const rows: [string, string][] = [];
  const code = await adhoc(
    inventory,
    { ...(limit ? { limit } : {}), report },
    () => ({ id: 'status', script, timeoutSeconds: 20 }),
    (host, { output }) => {
      rows.push([host.name, output]);
    },
  );
  const order = inventory.hosts.map(({ name }) => name);
  rows.sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  for (const [name, output] of rows) {
    const host = inventory.hosts.find((each) => each.name === name);
    report.lines(`\n  ${name}  ${host?.internal}  (${host?.groups.join(', ')})`);
    for (const line of output.split('\n').filter(Boolean)) {
      const [container = '', image = '', status = ''] = line.split('\t');
      report.lines(`    ${container.padEnd(16)} ${image.slice(image.indexOf('/') + 1).padEnd(32)} ${status}`);
    }
  }
  return code;
}

export async function runStatus(flags: Flags, providers: Providers, report: Reporter): Promise<number> {
  const { inventory } = await openEnvironment(envOf(flags), providers);
  return showStatus(inventory, report, text(flags, 'limit'));
}
