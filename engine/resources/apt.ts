import type { Facts } from '../facts.ts';
import { type HostKind, OK, resourceOf } from '../resource.ts';
import { words } from '../shell.ts';

/** Packages by name; a function where names differ between distributions. */
export interface PackagesArgs {
  names: readonly string[] | ((facts: Facts) => readonly string[]);
}

/** Names of all packages that are installed. */
type Installed = ReadonlySet<string>;

const LOCK_WAIT_S = 120;
const APPLY_S = 600;

function namesFor(args: PackagesArgs, facts: Facts): readonly string[] {
  return typeof args.names === 'function' ? args.names(facts) : args.names;
}

const kind: HostKind<PackagesArgs, Installed> = {
  where: 'host',
  name: 'apt.packages',
  timeoutSeconds: 15,
  // All of them in one query: cheaper than asking once per role, and the names may depend on facts of this same execution.
  probe: () => `dpkg-query -W -f='\${Package}\\t\${db:Status-Abbrev}\\n'`,
  read(output, all) {
    const installed = new Set(
      output
        .split('\n')
        .map((line) => line.split('\t'))
        // Wanted, then actual state: `ii`, and `hi` for one on hold.
        .filter(([, status]) => status?.[1] === 'i')
        .map(([name]) => name ?? ''),
    );
    return all.map(() => installed);
  },
  decide(args, installed, facts) {
    const missing = namesFor(args, facts).filter((name) => !installed.has(name));
    return missing.length === 0 ? OK : { state: 'change', action: '+', summary: `install ${missing.join(' ')}` };
  },
  digest: (args, installed, facts) => namesFor(args, facts).filter((name) => !installed.has(name)),
  apply(args, installed, facts) {
    const missing = namesFor(args, facts).filter((name) => !installed?.has(name));
    const install = `apt-get -o DPkg::Lock::Timeout=${LOCK_WAIT_S} -o Dpkg::Options::=--force-confold -y -qq --no-install-recommends install ${words(...missing)}`;
    // Lists may be stale or absent on a host that was just made: one refresh, and only when it is needed.
    return `if ! ${install} >/dev/null; then apt-get -o DPkg::Lock::Timeout=${LOCK_WAIT_S} -qq update; ${install} >/dev/null; fi`;
  },
  applySeconds: () => APPLY_S,
};

export const packages = resourceOf(kind, (args) =>
  typeof args.names === 'function' ? '(by distribution)' : args.names.join(' '),
);
