import pc from 'picocolors';
import type { AuditEntry } from '../audit/entry.ts';

/** An entry of a host's audit log as a line: when, where, who, what, and how it ended. */
export function auditText(host: string, entry: AuditEntry): string {
  const { ts, who, result, exit } = entry;
  const sign = result === 'ok' ? pc.green('✓') : pc.red('✗');
  const end = result === 'ok' ? '' : pc.red(`  failed (${exit})`);
  return `${pc.dim(ts)}  ${pc.bold(host.padEnd(10))} ${who}  ${sign} ${whatText(entry)}${end}`;
}

function whatText({ what, command, commit, role, resource, action, summary, changed }: AuditEntry): string {
  if (what === 'change') return `${action} ${role}: ${resource}  ${pc.dim(summary ?? '')}`;
  const made = what === 'run' ? `: ${changed} changed` : '';
  return `${pc.bold(command)}${made}${commit ? pc.dim(`  at ${commit}`) : ''}`;
}
