import { createPatch } from 'diff';
import pc from 'picocolors';
import type { Finding, HostPlan } from '../plan.ts';

const SIGN = { '+': pc.green('+'), '~': pc.yellow('~'), '-': pc.red('-') } as const;

/** The plan of all hosts as a person reads it before it is applied: `+ ~ -`, with content differences on request. */
export function planText(plans: readonly HostPlan[], diff: boolean): string {
  const blocks = plans.flatMap((plan) => {
    const pending = plan.findings.filter(({ decision }) => decision.state !== 'ok');
    if (pending.length === 0) return [];
    return [pc.bold(plan.host.name), ...pending.map((finding) => findingText(finding, diff)), ''];
  });
  return blocks.join('\n');
}

function findingText({ wanted, decision }: Finding, diff: boolean): string {
  const name = `${wanted.role}: ${wanted.resource.id}`;
  if (decision.state === 'blocked') return `  ${pc.cyan('?')} ${name}  ${pc.dim(`(known after ${decision.after})`)}`;
  if (decision.state !== 'change') return '';
  const line = `  ${SIGN[decision.action]} ${name}  ${pc.dim(decision.summary)}`;
  if (!diff || decision.after === undefined) return line;
  return `${line}\n${patch(decision.before ?? '', decision.after)}`;
}

/** The hunks of a unified diff, indented under the resource. */
function patch(before: string, after: string): string {
  return createPatch('', before, after, '', '', { context: 2 })
    .split('\n')
    .slice(4)
    .filter((line) => line && !line.startsWith('\\'))
    .map(
      (line) => `      ${line.startsWith('+') ? pc.green(line) : line.startsWith('-') ? pc.red(line) : pc.dim(line)}`,
    )
    .join('\n');
}
