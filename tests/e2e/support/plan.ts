/** A printed plan as data. */

/** One line of a plan: what would change on a host. */
export interface Change {
  host: string;
  sign: '+' | '~' | '-' | '?';
  role: string;
  resource: string;
}

const LINE = /^ {2}([+~?-]) ([a-z-]+): (.+?) {2}\S/;

/** Reads the blocks of a plan: a host's name at the margin, its changes indented below. */
export function changesIn(text: string): Change[] {
  const changes: Change[] = [];
  let host = '';
  for (const line of text.split('\n')) {
    if (/^[a-z][a-z0-9-]*$/.test(line)) host = line;
    const [, sign, role = '', resource = ''] = LINE.exec(line) ?? [];
    if (sign) changes.push({ host, sign: sign as Change['sign'], role, resource });
  }
  return changes;
}

/** What a run says of each host at its end: `ok=47 changed=1 failed=0 unreachable=0 executions=1`. */
export function recapIn(text: string): Record<string, Record<string, number>> {
  const hosts: Record<string, Record<string, number>> = {};
  for (const [, host = '', counts = ''] of text.matchAll(/^ {2}(\S+) +((?:[a-z]+=\d+ *)+)$/gm)) {
    hosts[host] = Object.fromEntries(
      counts
        .trim()
        .split(/ +/)
        .map((pair) => pair.split('=') as [string, string])
        .map(([key, value]) => [key, Number(value)]),
    );
  }
  return hosts;
}
