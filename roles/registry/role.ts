import { z } from 'zod';
import { packages } from '#engine/resources/apt.ts';
import { directory } from '#engine/resources/directory.ts';
import { file } from '#engine/resources/file.ts';
import { service } from '#engine/resources/systemd.ts';
import { role } from '#engine/role.ts';
import { password } from './password.ts';

const schema = z.strictObject({
  port: z.int().min(1).max(65_535).default(5000),
});

const CONFIG = '/etc/docker/registry/config.yml';
const PASSWORDS = '/etc/docker/registry/htpasswd';
const STORE = '/var/lib/docker-registry';

/** Debian's docker-registry, bound to the internal address: images cross into the region once. */
export const registry = role('registry', schema, {
  resources({ vars, host }) {
    const config = `version: 0.1
log:
  level: warn
storage:
  filesystem:
    rootdirectory: ${STORE}
  delete:
    enabled: true
auth:
  htpasswd:
    realm: odin
    path: ${PASSWORDS}
http:
  addr: ${host.internal}:${vars.port}
`;
    return [
      // The configuration first: the package starts the service, and must not listen on every address meanwhile.
      directory({ path: '/etc/docker/registry' }),
      file({ path: CONFIG, content: config }),
      packages({ names: ['apache2-utils', 'docker-registry'] }),
      password({ path: PASSWORDS }),
      directory({ path: STORE, mode: 0o750, owner: 'docker-registry:docker-registry' }),
      service({ unit: 'docker-registry.service', configuredBy: [{ path: CONFIG, content: config }] }),
    ];
  },
  checks: ({ host, vars }) => [
    {
      where: 'host',
      id: 'registry.answers',
      title: 'the registry answers on the internal address and asks for a password',
      severity: 'critical',
      phases: ['verify'],
      // 401 is the right answer: nobody gets in without the password.
      probe: `curl -sS -o /dev/null -m 3 -w '%{http_code}' http://${host.internal}:${vars.port}/v2/ 2>&1`,
      judge: ({ output }) =>
        output.trim() === '401'
          ? { ok: true }
          : {
              ok: false,
              message: `the registry on ${host.internal}:${vars.port} does not ask for a password`,
              lastLines: output,
              next: 'journalctl -u docker-registry -n 50   (on the host)',
            },
    },
  ],
});
