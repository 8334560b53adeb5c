import pc from 'picocolors';
import type { Outcome } from '../check.ts';
import type { CheckOutcome } from './fields.ts';

/** An outcome as part of an event. */
export function outcomeOf({ host, role, check, verdict }: Outcome): CheckOutcome {
  const { id, title, severity } = check;
  const named = { host, role, check: id, title, severity, ok: verdict.ok };
  if (verdict.ok) return { ...named, ...(verdict.note ? { note: verdict.note } : {}) };
  const { message, lastLines, next } = verdict;
  return { ...named, message, ...(lastLines ? { lastLines } : {}), ...(next ? { next } : {}) };
}

/** One line per check, bad news with its evidence and the next command below it. */
export function outcomesText(outcomes: readonly CheckOutcome[]): string {
  return outcomes
    .map(({ host, role, check, title, severity, ok, note, message, lastLines, next }) => {
      const name = `${pc.bold(host.padEnd(10))} ${role}: `;
      if (ok) return `  ${name}${pc.green('✓')} ${title}${note ? pc.dim(`  ${note}`) : ''}`;
      const sign = severity === 'critical' ? pc.red('✗') : pc.yellow('!');
      return [
        `  ${name}${sign} ${message ?? title} ${pc.dim(`(${check})`)}`,
        ...(lastLines ? lastLines.split('\n').map((line) => `      ${line}`) : []),
        ...(next ? [`      next: ${next}`] : []),
      ].join('\n');
    })
    .join('\n');
}
