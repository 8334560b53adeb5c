/** One resource of the workload, in no tool's words. */
export type Item =
  | { kind: 'packages'; names: readonly string[] }
  | { kind: 'directory'; path: string }
  | { kind: 'file'; path: string; content: string }
  | { kind: 'line'; path: string; line: string; match: string }
  | { kind: 'service'; unit: string }
  | { kind: 'sysctl'; key: string; value: string };

/** Resources in one block: 2 package lists, 4 directories, 6 files, 4 lines of a file, 2 services, 2 kernel settings. */
export const BLOCK = 20;
/** The most blocks that a host can be given. */
export const BLOCKS = 10;

/** Everything below these is the bench's. */
const CONFIGURATION = '/etc/odin-bench';
const DATA = '/srv/odin-bench';

/** Packages that a sandbox host is made with: their installation is not what is compared. */
const PACKAGES = [
  ...['ca-certificates curl procps', 'iproute2 nftables sudo', 'bash', 'coreutils', 'dash', 'debianutils', 'diffutils'],
  ...['dpkg', 'findutils', 'grep', 'gzip', 'hostname', 'mount', 'passwd', 'sed', 'tar', 'util-linux', 'systemd'],
  ...['dbus', 'openssh-server'],
];

/** Settings of a network namespace. The first two differ from what a host boots with. */
const SETTINGS: readonly [key: string, value: string, booted?: string][] = [
  ['net.core.somaxconn', '2048', '4096'],
  ['net.ipv4.ip_local_port_range', '10240 65535', '32768 60999'],
  ['net.ipv4.tcp_fin_timeout', '60'],
  ['net.ipv4.tcp_keepalive_time', '7200'],
  ['net.ipv4.tcp_keepalive_intvl', '75'],
  ['net.ipv4.tcp_keepalive_probes', '9'],
  ['net.ipv4.tcp_syn_retries', '6'],
  ['net.ipv4.tcp_synack_retries', '5'],
  ['net.ipv4.tcp_retries1', '3'],
  ['net.ipv4.tcp_retries2', '15'],
  ['net.ipv4.tcp_orphan_retries', '0'],
  ['net.ipv4.tcp_slow_start_after_idle', '1'],
  ['net.ipv4.tcp_sack', '1'],
  ['net.ipv4.tcp_timestamps', '1'],
  ['net.ipv4.tcp_window_scaling', '1'],
  ['net.ipv4.ip_default_ttl', '64'],
  ['net.ipv4.tcp_mtu_probing', '0'],
  ['net.ipv4.tcp_ecn', '2'],
  ['net.ipv4.tcp_fastopen', '1'],
  ['net.ipv4.tcp_syncookies', '1'],
];

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const unitOf = (block: number, i: number): string => `odin-bench-${block}-${i}.service`;
const settingsOf = (block: number): string => `${CONFIGURATION}/settings-${block}.conf`;

function unitText(unit: string): string {
  return `[Unit]\nDescription=${unit}\n\n[Service]\nExecStart=/usr/bin/sleep infinity\n\n[Install]\nWantedBy=multi-user.target\n`;
}

function settingsFile(block: number): [key: string, value: string, booted?: string][] {
  return SETTINGS.slice(block * 2, block * 2 + 2) as [string, string, string?][];
}

function block(index: number, services: boolean): Item[] {
  const directories = range(4).map((i): Item => ({ kind: 'directory', path: `${DATA}/${index}/${i}` }));
  const units = range(2).map((i): Item => {
    const unit = unitOf(index, i);
    return { kind: 'file', path: `/etc/systemd/system/${unit}`, content: unitText(unit) };
  });
  const sysctls = settingsFile(index).map(([key, value]): Item => ({ kind: 'sysctl', key, value }));
  const kept = settingsFile(index).map(([key, value]) => `${key}=${value}\n`);
  const files = range(3).map(
    (i): Item => ({
      kind: 'file',
      path: `${CONFIGURATION}/${index}-${i}.conf`,
      content: range(20)
        .map((row) => `option_${row} = ${index}.${i}.${row}\n`)
        .join(''),
    }),
  );
  const lines = range(4).map(
    (i): Item => ({ kind: 'line', path: settingsOf(index), line: `key_${i}=${index}`, match: `^key_${i}=` }),
  );
  return [
    ...PACKAGES.slice(index * 2, index * 2 + 2).map((names): Item => ({ kind: 'packages', names: names.split(' ') })),
    ...directories,
    ...units,
    { kind: 'file', path: `/etc/sysctl.d/60-odin-bench-${index}.conf`, content: kept.join('') },
    ...files,
    ...lines,
    ...sysctls,
    ...range(2).map(
      (i): Item =>
        services ? { kind: 'service', unit: unitOf(index, i) } : { kind: 'directory', path: `${DATA}/${index}/s${i}` },
    ),
  ];
}

/** `blocks` times {@link BLOCK} resources. Without services for hosts where nothing but sshd runs: directories instead. */
export function workload(blocks: number, services = true): Item[] {
  return range(blocks).flatMap((index) => block(index, services));
}

/** POSIX sh that makes a host as it was before any tool touched it: what lines are edited in is there, and nothing else. */
export function resetScript(services = true): string {
  const units = range(BLOCKS).flatMap((index) => range(2).map((i) => unitOf(index, i)));
  const seeds = range(BLOCKS).map(
    (index) =>
      `{ for n in $(seq 100); do echo "other_$n=$n"; done; for n in 0 1 2 3; do echo "key_$n=default"; done; } >${settingsOf(index)}`,
  );
  return [
    'set -e',
    ...(services ? [`systemctl disable --now --quiet ${units.join(' ')} 2>/dev/null || true`] : []),
    `rm -rf ${CONFIGURATION} ${DATA} /etc/sysctl.d/60-odin-bench-*.conf /etc/systemd/system/odin-bench-*.service`,
    ...(services ? ['systemctl daemon-reload'] : []),
    ...(services ? SETTINGS.map(([key, value, booted = value]) => `sysctl -q -w '${key}=${booted}'`) : []),
    `mkdir -p ${CONFIGURATION}`,
    ...seeds,
  ].join('\n');
}

/** Kernel settings of the first block, for a host that cannot set its own. */
export const firstSettings = (): readonly string[] => settingsFile(0).map(([key, value]) => `${key}=${value}`);
