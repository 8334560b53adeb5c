/** What a host is like, as text: the things that are wanted of it, and everything else that a run could touch. */

import { words } from '#engine/shell.ts';
import { type Box, byHand } from './box.ts';
import type { Item } from './items.ts';

/** Shell that describes one item as it is now. Times and inodes are left out: two ways to the same state are equal. */
function describe(item: Item): string {
  switch (item.kind) {
    case 'file':
    case 'directory': {
      const path = words(item.args.path);
      return `stat -c '%n %a %U:%G %F' ${path} 2>/dev/null || echo ${path} none\nif [ -f ${path} ]; then sha256sum <${path}; fi`;
    }
    case 'folder':
      return `find ${words(item.args.path)} -printf '%p %m %u:%g %y\\n' -type f -exec sha256sum {} + 2>/dev/null | sort`;
    case 'sysctl':
      return `sysctl -e ${words(...Object.keys(item.args.values))}`;
    case 'service': {
      const unit = words(item.args.unit);
      // Of the record, the digest of what it runs with: the rest are inodes and times.
      return `systemctl show -p Id -p ActiveState -p UnitFileState ${unit}\ncut -d' ' -f1 /var/lib/odin/running/${unit} 2>/dev/null || echo no record\nls /var/lib/odin/running/${unit}.* 2>/dev/null || :`;
    }
    case 'user':
      return `getent passwd ${words(item.args.name)} | cut -d: -f1,6,7\nh=$(getent passwd ${words(item.args.name)} | cut -d: -f6)\nif [ -n "$h" ]; then stat -c '%n %a %U:%G' "$h/.ssh" "$h/.ssh/authorized_keys" 2>&1 || :; sha256sum <"$h/.ssh/authorized_keys" || :; fi`;
    case 'packages':
      return `dpkg-query -W -f '\${Package} \${db:Status-Abbrev}\\n' ${words(...item.args.names)} 2>/dev/null || :`;
    case 'stack': {
      const names = Object.values(item.args.services).map(({ container_name }) => container_name);
      return `cat /opt/odin/${item.args.project}/${item.args.stack}.yml 2>/dev/null | sha256sum\nif command -v docker >/dev/null; then docker inspect -f '{{.Name}} {{.State.Status}} {{.Config.Image}} {{.Config.Labels}}' ${words(...names)} 2>/dev/null || :; fi`;
    }
    case 'imported':
      return `if command -v docker >/dev/null; then docker image inspect -f '{{.RepoTags}}' ${words(item.args.reference)} 2>/dev/null || :; fi`;
    case 'gate':
    case 'controllerGate':
      return ':';
  }
}

/** The state of what is wanted, one line after the other: compare it as it is, so that a difference can be read. */
export function stateOf(box: Box, items: readonly Item[]): Promise<string> {
  return byHand(box, `exec 2>&1\n${items.map(describe).join('\n')}`);
}

const FOLDERS = '/etc /opt /usr/local /usr/bin /usr/sbin /root /home /srv /var/lib/odin /var/lib/dpkg/info /var/tmp';

/** Every file that a run could touch, with times, mode, owner and size. */
export async function everything(box: Box): Promise<ReadonlyMap<string, string>> {
  const text = await byHand(box, `find ${FOLDERS} -xdev -printf '%p|%T@ %C@ %m %U:%G %s %y\\n' 2>/dev/null | sort`);
  return new Map(
    text.split('\n').map((line) => [line.slice(0, line.lastIndexOf('|')), line.slice(line.lastIndexOf('|') + 1)]),
  );
}

/** Paths that differ, sorted; those that match `expected` are left out. */
export function touched(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  expected: readonly RegExp[] = [],
): string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .filter((path) => !expected.some((pattern) => pattern.test(path)))
    .sort();
}

/** What may be written besides an item's own path: folders that an entry comes to or goes from, records, the lock. */
export const ALWAYS: readonly RegExp[] = [
  /^\/var\/lib\/odin(\/|$)/,
  /^\/etc$/,
  /^\/opt$/,
  /^\/etc\/odin-test$/,
  /^\/opt\/odin-test$/,
];

/** What making an item true may touch. */
export function mayTouch(item: Item): RegExp[] {
  const exactly = (path: string): RegExp => new RegExp(`^${path.replaceAll('.', '\\.')}$`);
  switch (item.kind) {
    case 'file':
    case 'directory':
      return [exactly(item.args.path), exactly(item.args.path.replace(/\/[^/]*$/, ''))];
    case 'folder':
      return [
        exactly(item.args.path),
        new RegExp(`^${item.args.path}/(a|sub|sub/b)$`),
        ...(item.args.strays === 'delete' ? [new RegExp(`^${item.args.path}/`)] : []),
      ];
    case 'service':
      return [
        /^\/etc\/systemd\/system\/[a-z-]+\.target\.wants(\/|$)/,
        /^\/etc\/systemd(\/system)?$/,
        /^\/etc\/rc[0-9S]\.d(\/|$)/,
      ];
    case 'user':
      return [
        /^\/etc\/(passwd|shadow|group|gshadow|subuid|subgid)-?$/,
        /^\/home$/,
        exactly(`/home/${item.args.name}`),
        new RegExp(`^/home/${item.args.name}/`),
      ];
    case 'packages':
      // Whatever belongs to a package, its scripts and the caches that they renew.
      return [/^\/(etc|usr|var\/lib\/dpkg|opt)(\/|$)/];
    case 'stack':
      return [/^\/opt\/odin(\/|$)/, /^\/etc\/docker(\/|$)/, /^\/root\/\.docker(\/|$)/];
    case 'sysctl':
    case 'imported':
    case 'gate':
    case 'controllerGate':
      return [];
  }
}
