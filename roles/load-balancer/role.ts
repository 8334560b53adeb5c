import { z } from 'zod';
import { portFree } from '#engine/checks/port-free.ts';
import { packages } from '#engine/resources/apt.ts';
import { file } from '#engine/resources/file.ts';
import { service } from '#engine/resources/systemd.ts';
import { role } from '#engine/role.ts';
import { haproxyConfig, STATS_PORT } from './config.ts';

const schema = z.strictObject({
  port: z.int().min(1).max(65_535).default(3004),
  max_connections: z.int().min(100).default(9000),
});

/** A server that answers is taken in within this. */
const UP_S = 10;
const CONFIG = '/etc/haproxy/haproxy.cfg';

/** HAProxy in TCP mode in front of the ws hosts, where no cloud balancer is. */
export const loadBalancer = role('load-balancer', schema, {
  resources({ host, inventory, vars }) {
    const config = haproxyConfig(inventory, {
      port: vars.port,
      maxConnections: vars.max_connections,
      internal: host.internal,
    });
    return [
      packages({ names: ['haproxy'] }),
      file({ path: CONFIG, content: config, validate: 'haproxy -c -q -f' }),
      // A reload hands the listening socket over: clients that are connected stay so.
      service({ unit: 'haproxy.service', configuredBy: [{ path: CONFIG, content: config }], onChange: 'reload' }),
    ];
  },
  checks: ({ vars }) => [
    portFree({ port: vars.port, address: '0.0.0.0', owner: 'haproxy' }),
    {
      where: 'host',
      id: 'lb.servers',
      title: 'the load balancer finds every ws host ready',
      severity: 'critical',
      phases: ['verify'],
      // Names and states of the servers: columns 1, 2 and 18 of HAProxy's CSV. One that was just started needs two good
      // answers, two seconds apart.
      probe: `states() { curl -sS -m 3 'http://127.0.0.1:${STATS_PORT}/;csv' | awk -F, '$1=="ws" && $2!="BACKEND" {print $2, $18}'; }
n=0; until [ "$n" -ge ${UP_S * 2} ] || { s=$(states) && [ -n "$s" ] && ! printf '%s\\n' "$s" | grep -qv ' UP'; }; do n=$((n+1)); sleep 0.5; done; states 2>&1`,
      timeoutSeconds: UP_S + 10,
      judge({ output }) {
        const servers = output.split('\n').filter(Boolean);
        const down = servers.filter((line) => !line.includes(' UP'));
        if (servers.length > 0 && down.length === 0) return { ok: true, note: servers.join(', ') };
        return {
          ok: false,
          message: servers.length === 0 ? 'HAProxy does not answer' : `not taking part: ${down.join(', ')}`,
          next: 'make verify LIMIT=ws',
        };
      },
    },
  ],
});
