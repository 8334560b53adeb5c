import { type HostKind, OK, resourceOf } from '../resource.ts';
import { quote, words } from '../shell.ts';

export interface DirectoryArgs {
  path: string;
  /** Permission bits, such as 0o755. */
  mode?: number;
  /** `user:group`, by name or number. */
  owner?: string;
}

interface DirectorySeen {
  type?: string;
  mode?: number;
  /** `user:group user-id:group-id` */
  owners?: string[];
}

const DEFAULT_MODE = 0o755;
const DEFAULT_OWNER = 'root:root';

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

const kind: HostKind<DirectoryArgs, DirectorySeen> = {
  where: 'host',
  name: 'directory',
  probe: (all) => `stat -c '%a %U:%G %u:%g %F|%n' -- ${words(...all.map(({ path }) => path))} 2>/dev/null; exit 0`,
  read(output, all) {
    const seen = new Map<string, DirectorySeen>();
    for (const line of output.split('\n').filter(Boolean)) {
      const bar = line.indexOf('|');
      const [mode = '', named = '', numbered = '', ...type] = line.slice(0, bar).split(' ');
      seen.set(line.slice(bar + 1), {
        type: type.join(' '),
        mode: Number.parseInt(mode, 8),
        owners: [named, numbered],
      });
    }
    return all.map(({ path }) => seen.get(path) ?? {});
  },
  decide({ mode = DEFAULT_MODE, owner = DEFAULT_OWNER }, seen) {
    if (!seen.type) return { state: 'change', action: '+', summary: 'create' };
    const differences = [
      ...(seen.type === 'directory' ? [] : [`is a ${seen.type}`]),
      ...(seen.mode === mode ? [] : [`mode ${octal(seen.mode ?? 0)} → ${octal(mode)}`]),
      ...(seen.owners?.includes(owner) ? [] : [`owner ${seen.owners?.[0]} → ${owner}`]),
    ];
    return differences.length === 0 ? OK : { state: 'change', action: '~', summary: differences.join(', ') };
  },
  apply: ({ path, mode = DEFAULT_MODE, owner = DEFAULT_OWNER }) =>
    `install -d -m ${octal(mode)} ${quote(path)}\nchown ${quote(owner)} ${quote(path)}`,
};

export const directory = resourceOf(kind, ({ path }) => path);
