import { z } from 'zod';
import { inGroup } from '#engine/inventory/inventory.ts';
import { packages } from '#engine/resources/apt.ts';
import { directory } from '#engine/resources/directory.ts';
import { file } from '#engine/resources/file.ts';
import { service } from '#engine/resources/systemd.ts';
import { role } from '#engine/role.ts';
import { archive } from './archive.ts';
import { memoryFits } from './memory.ts';
import { dockerPackages } from './packages.ts';

const schema = z.strictObject({
  /** A container's log is rotated at this size. */
  log_max_size: z
    .string()
    .regex(/^\d+[kmg]$/)
    .default('50m'),
  /** Rotated logs that are kept, the current one included. */
  log_max_files: z.int().min(2).default(5),
});

export const DAEMON_FILE = '/etc/docker/daemon.json';

/** Docker Engine and Compose v2, logs that rotate, and the environment's own registry. */
export const docker = role('docker', schema, {
  resources({ vars, inventory }) {
    const registries = inGroup(inventory, 'backend')
      .slice(0, 1)
      .map(({ internal, vars: all }) => `${internal}:${(all.registry as { port: number }).port}`);
    const daemon = `${JSON.stringify(
      {
        'log-driver': 'json-file',
        // Each line carries who wrote it, so that a collector needs no access to Docker.
        'log-opts': {
          'max-size': vars.log_max_size,
          'max-file': String(vars.log_max_files),
          tag: '{{.Name}}',
          labels: 'com.docker.compose.project,com.docker.compose.service',
        },
        'live-restore': true,
        // The registry listens on the internal network only, and images are pulled by digest.
        'insecure-registries': registries,
      },
      null,
      2,
    )}\n`;
    return [
      archive({}),
      directory({ path: '/etc/docker' }),
      file({ path: DAEMON_FILE, content: daemon }),
      packages({ names: dockerPackages }),
      service({ unit: 'docker.service', configuredBy: [{ path: DAEMON_FILE, content: daemon }] }),
    ];
  },
  checks: ({ host, inventory }) => [
    memoryFits(host, inventory),
    {
      where: 'host',
      id: 'docker.answers',
      title: 'Docker answers',
      severity: 'critical',
      phases: ['verify'],
      probe: "docker version --format '{{.Server.Version}}' 2>&1",
      judge: ({ status, output }) =>
        status === 0
          ? { ok: true, note: output.trim() }
          : { ok: false, message: 'Docker does not answer', lastLines: output, next: 'journalctl -u docker -n 50' },
    },
  ],
});
