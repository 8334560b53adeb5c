import { adhoc } from '#engine/adhoc.ts';
import type { AuditEntry } from '#engine/audit/entry.ts';
import { auditEntry } from '#engine/audit/schema.ts';
import { newestEntries } from '#engine/audit/shell.ts';
import type { Flag, Flags } from '#engine/cli/command.ts';
import { KitError } from '#engine/errors.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import { envOf, openEnvironment, type Providers } from './environment.ts';

export const auditFlags = {
  env: { value: 'NAME', help: 'the environment: inventory/NAME.yml' },
  limit: { value: 'HOSTS', help: 'only these hosts or groups, comma-separated' },
  lines: { value: 'N', help: 'the newest N entries of each host (default 20)' },
} as const satisfies Record<string, Flag>;

const DEFAULT_LINES = 20;
const READ_S = 20;

/** Entries of a log, oldest first. A line that is none, because the disk was full when it was written, is left out. */
function entriesOf(output: string): AuditEntry[] {
  return output.split('\n').flatMap((line) => {
    try {
      return [auditEntry.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
}

/** Shows who changed what on each host, and when: the newest entries of its audit log. */
export async function runAudit(flags: Flags, providers: Providers, report: Reporter): Promise<number> {
  const lines = Number(flags.lines ?? DEFAULT_LINES);
  if (!Number.isInteger(lines) || lines < 1)
    throw new KitError('usage', `--lines takes a whole number, not "${flags.lines}"`);
  const { inventory } = await openEnvironment(envOf(flags), providers);
  const limit = typeof flags.limit === 'string' ? { limit: flags.limit } : {};
  const found = new Map<string, AuditEntry[]>();
  const code = await adhoc(
    inventory,
    { ...limit, report },
    () => ({ id: 'audit-log', script: newestEntries(lines), timeoutSeconds: READ_S }),
    (host, { output }) => void found.set(host.name, entriesOf(output)),
  );
  for (const { name } of inventory.hosts) {
    const entries = found.get(name);
    if (!entries) continue;
    if (entries.length > 0) report.emit({ type: 'audit-log', host: name, entries });
    else report.warn(name, 'nothing is on record');
  }
  return code;
}
