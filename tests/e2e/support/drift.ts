/** Things that somebody changes on a host by hand, and what the kit must say and do about each. */

import { createAdmin } from '@odin/kafka';
import { byHand } from './hosts.ts';
import { withKafka } from './kafka.ts';
import type { HostName } from './kit.ts';
import type { Change } from './plan.ts';

export interface Drift {
  what: string;
  host: HostName;
  /** What the person does. */
  break(): Promise<unknown>;
  /** What the plan must list: exactly this, as `sign role: resource`. */
  plan: string[];
  /** How many of these are left to do when their turn comes, where it is fewer: a package may start its service. */
  changed?: number;
  /** What the plan must also say: the difference itself. */
  says: RegExp[];
  /** What may differ from before the damage when it is repaired, as snapshot names without the host. */
  touches: RegExp[];
}

const onHost = (host: HostName, script: string) => () => byHand(host, script);

async function setRetention(milliseconds: number): Promise<void> {
  await withKafka(async (kafka) => {
    const admin = await createAdmin(kafka);
    try {
      await admin.setConfigs('odin.trades', { 'retention.ms': String(milliseconds) });
    } finally {
      await admin.close();
    }
  });
}

/** A file and the folder that it lies in. */
const file = (path: string): RegExp[] =>
  [path, path.slice(0, path.lastIndexOf('/'))].map((each) => exactly('file', each));

function exactly(kind: string, name: string): RegExp {
  return new RegExp(`^${kind} ${name.replaceAll('.', '\\.')}$`);
}

export const DRIFTS: readonly Drift[] = [
  {
    what: 'a line was added to a file',
    host: 'ws-1',
    break: onHost('ws-1', "echo 'net.core.somaxconn = 64' >>/etc/sysctl.d/60-odin.conf"),
    plan: ['~ baseline: file /etc/sysctl.d/60-odin.conf'],
    says: [/^ +-net\.core\.somaxconn = 64$/m],
    touches: file('/etc/sysctl.d/60-odin.conf'),
  },
  {
    what: 'a file was opened to everybody',
    host: 'backend-1',
    break: onHost('backend-1', 'chmod 0666 /opt/odin/odin-backend/prometheus/prometheus.yml'),
    plan: ['~ metrics: file /opt/odin/odin-backend/prometheus/prometheus.yml'],
    says: [/mode 0666 → 0644/],
    touches: [exactly('file', '/opt/odin/odin-backend/prometheus/prometheus.yml')],
  },
  {
    what: 'a file was deleted',
    host: 'lb-1',
    break: onHost('lb-1', 'rm /etc/haproxy/haproxy.cfg'),
    // Whoever wrote to it may have had it loaded: what runs is told anew.
    plan: ['+ load-balancer: file /etc/haproxy/haproxy.cfg', '~ load-balancer: systemd.service haproxy.service'],
    says: [/^ +\+backend ws$/m, /reload: runs with another configuration/],
    touches: [...file('/etc/haproxy/haproxy.cfg'), ...record('haproxy.service')],
  },
  {
    what: 'daemon.json was replaced',
    host: 'ws-2',
    break: onHost('ws-2', "echo '{}' >/etc/docker/daemon.json"),
    plan: ['~ docker: file /etc/docker/daemon.json', '~ docker: systemd.service docker.service'],
    says: [/^ +-\{\}$/m, /^ +\+ +"log-driver": "json-file"/m],
    // Docker starts anew; the containers go on, see snapshot.ts.
    touches: [...file('/etc/docker/daemon.json'), ...record('docker.service'), exactly('unit', 'docker')],
  },
  {
    what: 'a Compose file was edited',
    host: 'ws-1',
    break: onHost('ws-1', "sed -i 's/mem_limit: .*/mem_limit: 64M/' /opt/odin/odin-ws/ws-server.yml"),
    plan: ['~ ws-server: compose.stack odin-ws/ws-server'],
    says: [/write \/opt\/odin\/odin-ws\/ws-server\.yml/, /- +mem_limit: 64M/],
    touches: file('/opt/odin/odin-ws/ws-server.yml'),
  },
  {
    what: 'a container was stopped',
    host: 'backend-1',
    break: onHost('backend-1', 'docker stop odin-publisher'),
    plan: ['~ publisher: compose.stack odin-backend/publisher'],
    says: [/start odin-publisher \(exited\)/],
    touches: [exactly('container', 'odin-publisher'), ...file('/opt/odin/odin-backend/publisher.yml')],
  },
  {
    what: 'a container was removed',
    host: 'ws-2',
    break: onHost('ws-2', 'docker rm -f odin-ws'),
    plan: ['+ ws-server: compose.stack odin-ws/ws-server'],
    says: [/create odin-ws/],
    touches: [exactly('container', 'odin-ws'), ...file('/opt/odin/odin-ws/ws-server.yml')],
  },
  {
    what: 'a kernel setting was changed',
    host: 'ws-1',
    break: onHost('ws-1', 'sysctl -qw net.core.somaxconn=128'),
    plan: ['~ baseline: sysctl net.core.somaxconn net.ipv4.tcp_max_syn_backlog net.ipv4.ip_local_port_range'],
    says: [/net\.core\.somaxconn 128 → 4096/, /^ +-net\.core\.somaxconn = 128$/m],
    touches: [],
  },
  {
    what: 'a service was stopped and disabled',
    host: 'lb-1',
    break: onHost('lb-1', 'systemctl --quiet disable --now haproxy'),
    plan: ['~ load-balancer: systemd.service haproxy.service'],
    says: [/inactive → active, disabled → enabled/],
    touches: [
      exactly('unit', 'haproxy'),
      /^file \/etc\/(systemd\/system\/multi-user\.target\.wants|rc\d\.d)/,
      ...record('haproxy.service'),
    ],
  },
  {
    what: "a topic's retention was changed",
    host: 'backend-1',
    break: () => setRetention(86_400_000),
    plan: ['~ topics: kafka.topics 9 topics'],
    says: [/odin\.trades: retention\.ms 86400000 → 30000/, /^ +-odin\.trades retention\.ms=86400000$/m],
    touches: [],
  },
  {
    what: 'a port was opened in the packet filter',
    host: 'ws-1',
    break: onHost('ws-1', 'nft insert rule inet odin prerouting tcp dport 8080 accept'),
    plan: ['~ firewall: nftables.table inet odin'],
    says: [/the rules in the kernel were altered/],
    touches: file('/var/lib/odin/firewall'),
  },
  {
    what: 'the packet filter was switched off',
    host: 'backend-1',
    break: onHost('backend-1', 'nft delete table inet odin'),
    plan: ['~ firewall: nftables.table inet odin'],
    says: [/the rules in the kernel were altered/],
    touches: file('/var/lib/odin/firewall'),
  },
  {
    what: 'a package was removed',
    host: 'lb-1',
    break: onHost('lb-1', 'DEBIAN_FRONTEND=noninteractive apt-get -qq -y remove haproxy >/dev/null'),
    plan: ['+ load-balancer: apt.packages haproxy', '? load-balancer: systemd.service haproxy.service'],
    changed: 1,
    says: [/install haproxy/],
    // The package brings back what is its own under /etc; what is ours there keeps its times.
    touches: [
      exactly('unit', 'haproxy'),
      /^file \/etc$/,
      /^file \/etc\/(systemd\/system\/multi-user\.target\.wants|rc\d\.d|init\.d|default|logrotate\.d|rsyslog\.d|ld\.so\.cache|haproxy)/,
      ...record('haproxy.service'),
    ],
  },
];

/** What the kit notes when it starts a service. */
function record(unit: string): RegExp[] {
  return file(`/var/lib/odin/running/${unit}`);
}

/** What every host that is changed notes of the lock. */
export const LOCK: readonly RegExp[] = file('/var/lib/odin-lock/token');

export const asLine = ({ sign, role, resource }: Change): string => `${sign} ${role}: ${resource}`;
