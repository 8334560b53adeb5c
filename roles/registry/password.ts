import { type HostKind, OK, resourceOf } from '#engine/resource.ts';
import { STORE } from '../secrets/store.ts';
import { REGISTRY_PASSWORD, REGISTRY_USER } from './login.ts';

/** The registry's password file, made on the host from the secret that it keeps: the value does not travel. */
export interface PasswordArgs {
  /** `/etc/docker/registry/htpasswd` */
  path: string;
}

interface PasswordSeen {
  /** Digest of the secret now. */
  secret: string;
  /** Digest of the secret that the file was made from. */
  made: string;
}

const RECORD = '/var/lib/odin/registry-password';
const value = `sed -n 's/^${REGISTRY_PASSWORD}=//p' ${STORE}`;
const digest = `{ ${value}; } 2>/dev/null | sha256sum | cut -c1-64`;
const BCRYPT_COST = 10;

const kind: HostKind<PasswordArgs, PasswordSeen> = {
  where: 'host',
  name: 'registry.password',
  probe: (all) =>
    `grep -qs '^${REGISTRY_PASSWORD}=' ${STORE} || exit 3\n${digest}\n${all.map(({ path }) => `[ -s ${path} ] && cat ${RECORD} 2>/dev/null`).join('\n')}\nexit 0`,
  read(output, all) {
    const [secret = '', made = ''] = output.split('\n');
    return all.map(() => (secret ? { secret, made } : { unavailable: 'secrets' }));
  },
  decide(_, { secret, made }) {
    if (secret === made) return OK;
    return { state: 'change', action: made ? '~' : '+', summary: made ? 'the secret changed' : 'create' };
  },
  apply: ({ path }) =>
    [
      'umask 027',
      `${value} | htpasswd -i -B -C ${BCRYPT_COST} -c ${path}.new ${REGISTRY_USER} 2>/dev/null`,
      `chown root:docker-registry ${path}.new`,
      `chmod 0640 ${path}.new`,
      `mv ${path}.new ${path}`,
      `${digest} >${RECORD}`,
    ].join('\n'),
};

export const password = resourceOf(kind, ({ path }) => path);
