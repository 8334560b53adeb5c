import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What Debian's and Ubuntu's own configuration includes. */
const PARTS = '/etc/ssh/ssh_config.d';

/**
 * Whether a configuration of ssh may send a login over another host, for whichever host that is. One that cannot be
 * followed to its end may.
 */
export function leadsElsewhere(file: string): boolean {
  return linesOf(file).some((line) => {
    const [keyword = '', value = ''] = line.trim().split(/[\s=]+/);
    switch (keyword.toLowerCase()) {
      case 'proxyjump':
      case 'proxycommand':
        return value.toLowerCase() !== 'none';
      case 'include':
        return value !== `${PARTS}/*.conf` || parts().some(leadsElsewhere);
      default:
        return false;
    }
  });
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

function parts(): string[] {
  try {
    return readdirSync(PARTS).flatMap((name) => (name.endsWith('.conf') ? [join(PARTS, name)] : []));
  } catch {
    return [];
  }
}
