import { BlockList } from 'node:net';
import { z } from 'zod';
import { directory } from '#engine/resources/directory.ts';
import { file } from '#engine/resources/file.ts';
import { service } from '#engine/resources/systemd.ts';
import { role } from '#engine/role.ts';
import { openings } from './ports.ts';
import { ruleset } from './ruleset.ts';
import { table } from './table.ts';

const RULES = '/etc/odin/firewall.nft';
const UNIT = 'odin-firewall.service';

const unit = `[Unit]
Description=Packet filter of odin-deploy
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f ${RULES}

[Install]
WantedBy=sysinit.target
`;

/** Only what the inventory declares can be reached; the rest is dropped before Docker sees it. */
export const firewall = role('firewall', z.strictObject({}), {
  resources({ host, inventory }) {
    const text = ruleset(openings(host, inventory));
    return [
      directory({ path: '/etc/odin', mode: 0o755 }),
      file({ path: RULES, content: text, validate: 'nft -c -f' }),
      file({ path: `/etc/systemd/system/${UNIT}`, content: unit }),
      table({ path: RULES, text }),
      service({ unit: UNIT, configuredBy: [{ path: `/etc/systemd/system/${UNIT}`, content: unit }] }),
    ];
  },
  checks({ host, inventory }) {
    const allowed = new BlockList();
    const ssh = openings(host, inventory).find(({ port }) => port === host.port);
    for (const network of ssh?.from ?? []) {
      const [address = '', prefix = '32'] = network.split('/');
      allowed.addSubnet(address, Number(prefix));
    }
    return [
      {
        where: 'host',
        id: 'firewall.lockout',
        title: 'the firewall lets the operator in',
        severity: 'critical',
        phases: ['preflight', 'verify'],
        probe: `ss -Htn state established "( sport = :${host.port} )" | awk '{print $NF}'`,
        judge({ output }) {
          const peers = output
            .split('\n')
            .map((line) => line.replace(/^\[?(?:::ffff:)?([^\]]*?)\]?:\d+$/, '$1'))
            .filter(Boolean);
          if (peers.length === 0 || peers.some((peer) => allowed.check(peer))) return { ok: true };
          return {
            ok: false,
            message: `the firewall would lock you out: you come from ${[...new Set(peers)].join(', ')}, which is not in network.management`,
            next: `add it to network.management in inventory/${inventory.env}.yml`,
          };
        },
      },
    ];
  },
});
