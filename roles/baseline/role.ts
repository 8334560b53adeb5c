import { z } from 'zod';
import { packages } from '#engine/resources/apt.ts';
import { directory } from '#engine/resources/directory.ts';
import { file } from '#engine/resources/file.ts';
import { values } from '#engine/resources/sysctl.ts';
import { service } from '#engine/resources/systemd.ts';
import { user } from '#engine/resources/user.ts';
import { role } from '#engine/role.ts';

const schema = z.strictObject({
  /** Kernel settings of the host's own network. Containers have theirs: Compose sets those. */
  sysctl: z.record(z.string(), z.string()).default({
    'net.core.somaxconn': '4096',
    'net.ipv4.tcp_max_syn_backlog': '8192',
    'net.ipv4.ip_local_port_range': '10240 65535',
  }),
  /** The most that the journal may take of the disk. */
  journal_size: z
    .string()
    .regex(/^\d+[MG]$/)
    .default('256M'),
});

const SYSCTL_FILE = '/etc/sysctl.d/60-odin.conf';
const JOURNALD_FILE = '/etc/systemd/journald.conf.d/60-odin.conf';

/** Who deploys, the clock, kernel settings, and a journal that cannot fill the disk. */
export const baseline = role('baseline', schema, {
  resources({ vars, inventory }) {
    const { user: name, bootstrapUser } = inventory.access;
    const home = bootstrapUser === 'root' ? '/root' : `/home/${bootstrapUser}`;
    const sysctl = Object.entries(vars.sysctl)
      .map(([key, value]) => `${key} = ${value}\n`)
      .join('');
    const journald = `[Journal]\nSystemMaxUse=${vars.journal_size}\n`;
    return [
      packages({ names: ['ca-certificates', 'curl', 'iproute2', 'nftables', 'procps', 'sudo', 'systemd-timesyncd'] }),
      user({ name, keysFrom: `${home}/.ssh/authorized_keys` }),
      file({
        path: `/etc/sudoers.d/60-${name}`,
        content: `${name} ALL=(ALL) NOPASSWD: ALL\n`,
        mode: 0o440,
        validate: 'visudo -cqf',
      }),
      directory({ path: '/var/lib/odin', mode: 0o755 }),
      directory({ path: '/opt/odin', mode: 0o755 }),
      file({ path: SYSCTL_FILE, content: sysctl }),
      values({ values: vars.sysctl }),
      file({ path: JOURNALD_FILE, content: journald }),
      service({ unit: 'systemd-journald.service', configuredBy: [{ path: JOURNALD_FILE, content: journald }] }),
      service({ unit: 'systemd-timesyncd.service', running: ({ container }) => !container }),
    ];
  },
  checks: () => [
    {
      where: 'host',
      id: 'baseline.disk',
      title: 'the disk has room',
      severity: 'critical',
      phases: ['preflight', 'verify'],
      probe: 'df --output=avail -B1M /var/lib | tail -n 1',
      judge({ output }) {
        const free = Number(output.trim());
        if (free >= MIN_DISK_MB) return { ok: true, note: `${free} MB free` };
        return {
          ok: false,
          message: `only ${free} MB are free under /var/lib, ${MIN_DISK_MB} MB are needed`,
          next: 'docker system df; journalctl --disk-usage',
        };
      },
    },
  ],
});

/** Images, logs and a release to go back to. */
const MIN_DISK_MB = 2048;
