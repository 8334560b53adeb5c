import { stringify } from 'yaml';
import { type HostKind, OK, resourceOf } from '../resource.ts';
import { quote, words } from '../shell.ts';
import { sha256 } from './file.ts';
import type { Configuration } from './systemd.ts';
import { readTexts, textUnless } from './texts.ts';

/** A service as the Compose specification writes it, `container_name` included. */
export type ServiceSpec = { container_name: string; image: string } & Record<string, unknown>;

/** The services of one role in a Compose project. Several roles may share a project; each has its own file in it. */
export interface StackArgs {
  /** `odin-backend` */
  project: string;
  /** The role: names the file `/opt/odin/<project>/<stack>.yml`. */
  stack: string;
  services: Readonly<Record<string, ServiceSpec>>;
  volumes?: Readonly<Record<string, unknown>>;
  /** Files of mounted configuration. Containers are recreated when the wanted texts change, or anybody wrote to the files. */
  configuredBy?: readonly Configuration[];
  /** A command of the host that succeeds once the services do their work. */
  ready: string;
  /** Seconds until `ready` must have succeeded. */
  readySeconds: number;
}

interface ContainerSeen {
  /** `running`, `exited`, …: Docker's word. */
  status: string;
  /** `healthy`, `starting`, `unhealthy`, or empty without a health check. */
  health: string;
  spec: string;
  project: string;
  /** ISO time, by the host's clock. */
  started: string;
}

interface StackSeen {
  containers: ReadonlyMap<string, ContainerSeen>;
  /** Digests of the Compose file and of the files of configuration, by path. */
  digests: ReadonlyMap<string, string>;
  /** When each file of configuration was last written, seconds since 1970, by path. */
  written: ReadonlyMap<string, number>;
  /** Texts of Compose files that are not as wanted, by path: with --diff. */
  texts: ReadonlyMap<string, string>;
}

const ROOT = '/opt/odin';
/** The label that says which rendered service and configuration a container was made from. */
export const SPEC_LABEL = 'odin.spec';
const PART = '%%';

function pathOf({ project, stack }: Pick<StackArgs, 'project' | 'stack'>): string {
  return `${ROOT}/${project}/${stack}.yml`;
}

/** The digest of everything that a container is made from: recreated exactly when it changes. */
function specOf(args: StackArgs, name: string): string {
  return sha256(JSON.stringify([args.services[name], (args.configuredBy ?? []).map(({ content }) => content)])).slice(
    0,
    16,
  );
}

/** The Compose file, as a person finds it on the host. */
export function render(args: StackArgs): string {
  const services = Object.fromEntries(
    Object.entries(args.services).map(([name, spec]) => [
      name,
      { ...spec, labels: { ...(spec.labels as object | undefined), [SPEC_LABEL]: specOf(args, name) } },
    ]),
  );
  return stringify(
    {
      name: args.project,
      services,
      ...(args.volumes ? { volumes: args.volumes } : {}),
      networks: { default: { name: args.project } },
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
}

interface Difference {
  name: string;
  why: string;
  action: '+' | '~';
}

/**
 * Why a running container must not go on with its configuration: a file of it is about to be written, or somebody wrote to
 * it after the container started.
 */
function outdated(
  { status, started }: ContainerSeen,
  { configuredBy = [] }: StackArgs,
  { written, digests }: StackSeen,
): string | undefined {
  if (!['running', 'paused'].includes(status)) return undefined;
  if (configuredBy.some(({ path, content }) => digests.get(path) !== sha256(content)))
    return 'its configuration is not as wanted';
  const isOlder = configuredBy.some(({ path }) => (written.get(path) ?? 0) * 1000 > Date.parse(started));
  return isOlder ? 'its configuration was written since it started' : undefined;
}

/** Which services differ, and how. */
function differences(args: StackArgs, seen: StackSeen): Difference[] {
  return Object.entries(args.services).flatMap(([name, { container_name }]): Difference[] => {
    const container = seen.containers.get(container_name);
    if (!container) return [{ name, why: `create ${container_name}`, action: '+' }];
    if (container.project !== args.project) {
      return [{ name, why: `${container_name} belongs to ${container.project || 'nobody'}`, action: '~' }];
    }
    if (container.spec !== specOf(args, name)) return [{ name, why: `recreate ${container_name}`, action: '~' }];
    const why = outdated(container, args, seen);
    if (why) return [{ name, why: `recreate ${container_name} (${why})`, action: '~' }];
    if (container.status === 'paused') return [{ name, why: `go on with ${container_name} (paused)`, action: '~' }];
    if (container.status !== 'running')
      return [{ name, why: `start ${container_name} (${container.status})`, action: '~' }];
    return container.health === 'unhealthy'
      ? [{ name, why: `recreate ${container_name} (unhealthy)`, action: '~' }]
      : [];
  });
}

/** Polls on the host until the services work. A container that exits or restarts meanwhile fails at once, with its log. */
function waitReady({ ready, readySeconds }: StackArgs, containers: readonly string[]): string {
  const names = words(...containers);
  return [
    `failed() { echo "$1"; for c in ${names}; do echo "--- $c"; docker logs --tail 20 "$c" 2>&1; done; exit 1; }`,
    `end=$(($(date +%s) + ${readySeconds}))`,
    `until { ${ready}; } >/dev/null 2>&1; do`,
    `  for c in ${names}; do`,
    `    case "$(docker inspect --format '{{.State.Status}} {{.RestartCount}}' "$c")" in "running 0"|"created 0") ;; *) failed "$c does not stay up" ;; esac`,
    '  done',
    `  [ "$(date +%s)" -lt "$end" ] || failed "not ready after ${readySeconds} s"`,
    '  sleep 0.3',
    'done',
  ].join('\n');
}

const kind: HostKind<StackArgs, StackSeen> = {
  where: 'host',
  name: 'compose.stack',
  probe(all, { diff }) {
    const names = all.flatMap(({ services }) => Object.values(services).map(({ container_name }) => container_name));
    const configured = all.flatMap(({ configuredBy = [] }) => configuredBy.map(({ path }) => path));
    const label = (key: string): string => `{{index .Config.Labels "${key}"}}`;
    const format = `{{.Name}}\t{{.State.Status}}\t{{if .State.Health}}{{.State.Health.Status}}{{end}}\t${label(SPEC_LABEL)}\t${label('com.docker.compose.project')}\t{{.State.StartedAt}}`;
    return [
      `command -v docker >/dev/null || exit 3`,
      `docker inspect --type container --format ${quote(format)} ${words(...names)} 2>/dev/null`,
      `docker info --format ok >/dev/null 2>&1 && echo %up`,
      `echo ${PART}`,
      `sha256sum -- ${words(...all.map(pathOf), ...configured)} 2>/dev/null`,
      `echo ${PART}`,
      ...(configured.length > 0 ? [`stat -c '%.Y|%n' -- ${words(...configured)} 2>/dev/null`] : []),
      `echo ${PART}`,
      ...(diff ? all.map((args) => textUnless(pathOf(args), sha256(render(args)))) : []),
      'exit 0',
    ].join('\n');
  },
  read(output, all) {
    const [inspected = '', sums = '', stats = '', shown = ''] = output.split(`${PART}\n`);
    const lines = inspected.split('\n');
    if (!lines.includes('%up')) return all.map(() => ({ unavailable: 'docker' }));
    const containers = new Map(
      lines.map((line): [string, ContainerSeen] => {
        const [name = '', status = '', health = '', spec = '', project = '', started = ''] = line.split('\t');
        return [name.replace(/^\//, ''), { status, health, spec, project, started }];
      }),
    );
    const digests = new Map(sums.split('\n').map((line) => [line.slice(66), line.slice(0, 64)]));
    const written = new Map(
      stats.split('\n').map((line): [string, number] => [line.slice(line.indexOf('|') + 1), Number.parseFloat(line)]),
    );
    const texts = readTexts(shown);
    return all.map(() => ({ containers, digests, written, texts }));
  },
  decide(args, seen) {
    const found = differences(args, seen);
    const path = pathOf(args);
    const wanted = render(args);
    const stale = seen.digests.get(path) !== sha256(wanted);
    if (found.length === 0 && !stale) return OK;
    const before = seen.digests.has(path) ? seen.texts.get(path) : '';
    return {
      state: 'change',
      action: found.length > 0 && found.every(({ action }) => action === '+') ? '+' : '~',
      summary: [...found.map(({ why }) => why), ...(stale ? [`write ${path}`] : [])].join(', '),
      ...(stale && before !== undefined ? { before, after: wanted } : {}),
    };
  },
  // Health comes and goes by itself; what a container is made from does not.
  digest: (args, { containers, digests, written }) => [
    digests.get(pathOf(args)) ?? '',
    (args.configuredBy ?? []).map(({ path }) => [digests.get(path), written.get(path)]),
    ...Object.values(args.services).map(({ container_name }) => {
      const seen = containers.get(container_name);
      return seen ? [container_name, seen.status, seen.spec, seen.project] : [container_name];
    }),
  ],
  apply(args, seen) {
    const path = pathOf(args);
    const found = seen ? differences(args, seen) : undefined;
    const recreate = found?.filter(({ why }) => why.startsWith('recreate')).map(({ name }) => name) ?? [];
    const changed = found?.map(({ name }) => name) ?? Object.keys(args.services);
    const others = changed.filter((name) => !recreate.includes(name));
    const containers = changed.map((name) => args.services[name]?.container_name ?? name);
    // Nothing else can be done to a paused container.
    const paused = containers.filter((name) => seen?.containers.get(name)?.status === 'paused');
    const compose = `docker compose --project-name ${quote(args.project)} --file ${quote(path)} up --detach --no-deps --pull never`;
    return [
      `mkdir -p ${quote(`${ROOT}/${args.project}`)}`,
      `base64 -d >${quote(`${path}.new`)} <<'END'\n${Buffer.from(render(args)).toString('base64')}\nEND`,
      `mv ${quote(`${path}.new`)} ${quote(path)}`,
      'export COMPOSE_IGNORE_ORPHANS=true COMPOSE_ANSI=never COMPOSE_PROGRESS=quiet',
      ...(paused.length > 0 ? [`docker unpause ${words(...paused)} >/dev/null`] : []),
      ...(recreate.length > 0 ? [`${compose} --force-recreate ${words(...recreate)}`] : []),
      ...(others.length > 0 ? [`${compose} ${words(...others)}`] : []),
      ...(changed.length > 0 ? [waitReady(args, containers)] : []),
    ].join('\n');
  },
  applySeconds: ({ readySeconds }) => readySeconds + 60,
};

export const stack = resourceOf(kind, ({ project, stack: name }) => `${project}/${name}`);
