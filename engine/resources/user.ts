import { type HostKind, OK, resourceOf } from '../resource.ts';
import { quote } from '../shell.ts';

/** A login user whose SSH keys are those of the user we came in as. */
export interface UserArgs {
  name: string;
  /** Where the first authorized keys come from, if the user has none: `/root/.ssh/authorized_keys`. */
  keysFrom: string;
}

interface UserSeen {
  exists: boolean;
  hasKeys: boolean;
}

const kind: HostKind<UserArgs, UserSeen> = {
  where: 'host',
  name: 'user',
  probe: (all) =>
    all
      .map(
        ({ name }) =>
          `if h=$(getent passwd ${quote(name)} | cut -d: -f6) && [ -n "$h" ]; then [ -s "$h/.ssh/authorized_keys" ] && echo keys || echo exists; else echo none; fi`,
      )
      .join('\n'),
  read(output, all) {
    const lines = output.split('\n');
    return all.map((_, i) => ({ exists: lines[i] !== 'none', hasKeys: lines[i] === 'keys' }));
  },
  decide(_, { exists, hasKeys }) {
    if (!exists) return { state: 'change', action: '+', summary: 'create with the SSH keys of the first login' };
    return hasKeys ? OK : { state: 'change', action: '~', summary: 'give the SSH keys of the first login' };
  },
  apply: ({ name, keysFrom }) =>
    [
      `getent passwd ${quote(name)} >/dev/null || useradd --create-home --shell /bin/bash ${quote(name)}`,
      `h=$(getent passwd ${quote(name)} | cut -d: -f6)`,
      `install -d -m 0700 -o ${quote(name)} -g ${quote(name)} "$h/.ssh"`,
      `[ -s "$h/.ssh/authorized_keys" ] || install -m 0600 -o ${quote(name)} -g ${quote(name)} ${quote(keysFrom)} "$h/.ssh/authorized_keys"`,
    ].join('\n'),
};

export const user = resourceOf(kind, ({ name }) => name);
