import { type HostKind, OK, resourceOf } from '../resource.ts';
import { quote, words } from '../shell.ts';

/** Kernel settings that are in force now. Keeping them over a reboot is a file's business. */
export interface SysctlArgs {
  values: Readonly<Record<string, string>>;
}

/** Values in force, by key. A key that this kernel does not have is missing. */
type SysctlSeen = Readonly<Record<string, string>>;

function differing({ values }: SysctlArgs, seen: SysctlSeen): [string, string][] {
  return Object.entries(values).filter(([key, value]) => key in seen && seen[key] !== value);
}

const kind: HostKind<SysctlArgs, SysctlSeen> = {
  where: 'host',
  name: 'sysctl',
  probe: (all) =>
    `sysctl -e ${words(...new Set(all.flatMap(({ values }) => Object.keys(values))))} 2>/dev/null; exit 0`,
  read(output, all) {
    const seen: Record<string, string> = {};
    for (const line of output.split('\n')) {
      const at = line.indexOf(' = ');
      if (at > 0)
        seen[line.slice(0, at)] = line
          .slice(at + 3)
          .trim()
          .replace(/\s+/g, ' ');
    }
    return all.map(() => seen);
  },
  decide(args, seen) {
    const changes = differing(args, seen);
    if (changes.length === 0) return OK;
    const lines = (of: (key: string, value: string) => string): string =>
      changes.map(([key, value]) => `${key} = ${of(key, value)}\n`).join('');
    return {
      state: 'change',
      action: '~',
      summary: changes.map(([key, value]) => `${key} ${seen[key]} → ${value}`).join(', '),
      before: lines((key) => seen[key] ?? ''),
      after: lines((_, value) => value),
    };
  },
  apply: (args, seen) =>
    differing(args, seen ?? args.values)
      .map(([key, value]) => `sysctl -q -w ${quote(`${key}=${value}`)}`)
      .join('\n') ||
    `sysctl -q -e -w ${words(...Object.entries(args.values).map(([key, value]) => `${key}=${value}`))}`,
};

export const values = resourceOf(kind, (args) => Object.keys(args.values).join(' '));
