/** What a host holds that a deploy could touch, with times: two snapshots show what was touched in between. */

import { byHand } from './hosts.ts';
import { HOSTS } from './kit.ts';

/** `ws-1 file /etc/odin/firewall.nft` → times, mode, owner, size; `ws-1 container odin-ws` → id, start; `ws-1 unit …`. */
export type Snapshot = ReadonlyMap<string, string>;

const SCRIPT = `
find /etc /opt/odin /var/lib/odin /var/lib/odin-lock -xdev -printf 'file %p|%T@ %C@ %m %u:%g %s\\n' 2>/dev/null || :
if command -v docker >/dev/null; then
  for c in $(docker ps --all --quiet); do
    docker inspect --format 'container {{slice .Name 1}}|{{.Id}} {{.State.Status}} {{.State.StartedAt}}' "$c"
  done
fi
for u in docker haproxy docker-registry odin-firewall ssh; do
  echo "unit $u|$(systemctl show --value -p ActiveState -p UnitFileState -p ActiveEnterTimestampMonotonic $u | tr '\\n' ' ')"
done
sysctl net.core.somaxconn net.ipv4.tcp_max_syn_backlog net.ipv4.ip_local_port_range | sed 's/^/sysctl /; s/ = /|/'
echo "rules odin|$(nft list table inet odin 2>/dev/null | sed 's/ packets [0-9]* bytes [0-9]*//' | sha256sum)"
`;

/** Reads all hosts. */
export async function snapshot(): Promise<Snapshot> {
  const texts = await Promise.all(HOSTS.map(async (host) => [host, await byHand(host, SCRIPT)] as const));
  return new Map(
    texts.flatMap(([host, text]) =>
      text
        .split('\n')
        .filter(Boolean)
        .map((line): [string, string] => {
          const bar = line.indexOf('|');
          return [`${host} ${line.slice(0, bar)}`, line.slice(bar + 1)];
        }),
    ),
  );
}

/** The names of what differs, sorted. */
export function touched(before: Snapshot, after: Snapshot): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name)).sort();
}
