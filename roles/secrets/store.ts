import { randomBytes } from 'node:crypto';
import { type HostKind, OK, resourceOf } from '#engine/resource.ts';
import { emit, quote } from '#engine/shell.ts';

/** A secret that a host keeps for the environment. */
export interface StoredSecret {
  name: string;
  /** Made up by the kit where nobody has it yet; otherwise a person must give it. */
  generated: boolean;
  /** What the operator's own file says, as a digest. Undefined where it says nothing. */
  localDigest?: string | undefined;
}

export interface StoreArgs {
  secrets: readonly StoredSecret[];
}

interface StoreSeen {
  /** Digests by name, see secretDigest. */
  digests: ReadonlyMap<string, string>;
  /** `600 root:root` */
  access: string;
}

/** On the first backend host, so that any operator with SSH access finds them. */
export const STORE = '/etc/odin/secrets.env';
const ACCESS = '600 root:root';
const GENERATED_BYTES = 32;

/** Names and digests of what a host holds, never a value. */
export const listStore = `f=${STORE}
[ -f "$f" ] || exit 0
stat -c '%a %U:%G' "$f"
while IFS= read -r l; do n=\${l%%=*}; printf '%s ' "$n"; printf 'odin:%s:%s' "$n" "\${l#*=}" | sha256sum | cut -c1-64; done <"$f"`;

/** Reads the output of {@link listStore}. */
export function readStore(output: string): StoreSeen {
  const [access = '', ...lines] = output.split('\n');
  return { access, digests: new Map(lines.filter(Boolean).map((line) => line.split(' ') as [string, string])) };
}

/** What would be written: names that the host lacks, or has another value of. */
function stale({ secrets }: StoreArgs, { digests }: StoreSeen): StoredSecret[] {
  return secrets.filter(({ name, localDigest }) => {
    const held = digests.get(name);
    return held === undefined || (localDigest !== undefined && localDigest !== held);
  });
}

const kind: HostKind<StoreArgs, StoreSeen> = {
  where: 'host',
  name: 'secrets',
  probe: () => listStore,
  read: (output, all) => all.map(() => readStore(output)),
  decide(args, seen) {
    const changes = stale(args, seen);
    const lines = changes.map(({ name, generated, localDigest }) => {
      const held = seen.digests.has(name);
      return held ? `${name} changed` : `${generated && localDigest === undefined ? 'generate' : 'store'} ${name}`;
    });
    if (args.secrets.length > 0 && seen.access && seen.access !== ACCESS) lines.push(`mode ${seen.access} → ${ACCESS}`);
    if (lines.length === 0) return OK;
    return { state: 'change', action: seen.access ? '~' : '+', summary: lines.join(', ') };
  },
  async prepare({ secrets }, controller) {
    const entries = secrets.map(({ name, generated, localDigest }) => [
      name,
      generated && localDigest === undefined
        ? randomBytes(GENERATED_BYTES).toString('base64url')
        : (controller.inventory.secrets.value(name) ?? ''),
    ]);
    return Object.fromEntries(entries);
  },
  apply(args, seen, _facts, prepared) {
    const names = stale(args, seen ?? { access: '', digests: new Map() }).map(({ name }) => name);
    const kept = names.map((name) => `-e ${quote(`^${name}=`)}`).join(' ');
    return [
      'umask 077',
      `t=$(mktemp ${STORE}.XXXXXX)`,
      `trap 'rm -f "$t"' EXIT`,
      // grep answers 1 when it keeps no line, which is well when there was none to keep.
      names.length > 0
        ? `if [ -f ${STORE} ]; then grep -v ${kept} ${STORE} >"$t" || [ "$?" -eq 1 ]; fi`
        : `cat ${STORE} >"$t"`,
      ...names.map((name) => `${emit(`${name}=${prepared[name] ?? ''}\n`)} >>"$t"`),
      'chown root:root "$t"',
      'sync "$t"',
      `mv -f "$t" ${STORE}`,
    ].join('\n');
  },
};

export const store = resourceOf(kind, ({ secrets }) => secrets.map(({ name }) => name).join(' '));
