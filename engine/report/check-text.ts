import pc from 'picocolors';
import type { Outcome } from '../check.ts';

/** One line per check, worst news with its evidence and the next command below it. */
export function checkText(outcomes: readonly Outcome[]): string {
  return outcomes
    .map(({ host, role, check, verdict }) => {
      const name = `${pc.bold(host.padEnd(10))} ${role}: `;
      if (verdict.ok)
        return `  ${name}${pc.green('✓')} ${check.title}${verdict.note ? pc.dim(`  ${verdict.note}`) : ''}`;
      const sign = check.severity === 'critical' ? pc.red('✗') : pc.yellow('!');
      return [
        `  ${name}${sign} ${verdict.message} ${pc.dim(`(${check.id})`)}`,
        ...(verdict.lastLines ? verdict.lastLines.split('\n').map((line) => `      ${line}`) : []),
        ...(verdict.next ? [`      next: ${verdict.next}`] : []),
      ].join('\n');
    })
    .join('\n');
}
