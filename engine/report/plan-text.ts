import pc from 'picocolors';
import type { BodyOf } from './events.ts';
import type { PlannedChange } from './fields.ts';

const SIGN = { '+': pc.green('+'), '~': pc.yellow('~'), '-': pc.red('-'), '?': pc.cyan('?') } as const;

/** The plan of all hosts as a person reads it before it is applied: `+ ~ -`, with content differences where there are some. */
export function plannedText(hosts: BodyOf<'plan'>['hosts']): string {
  return hosts
    .filter(({ changes }) => changes.length > 0)
    .flatMap(({ host, changes }) => [pc.bold(host), ...changes.map(changeText), ''])
    .join('\n');
}

function changeText({ role, resource, action, summary = '', knownAfter, parts = [], patch }: PlannedChange): string {
  const why = knownAfter === undefined ? summary : `(known after ${knownAfter})`;
  const line = `  ${SIGN[action]} ${role}: ${resource}  ${pc.dim(why)}`;
  return [line, ...parts.map(partText), ...(patch ? [patchText(patch)] : [])].join('\n');
}

/** `- conf.d/old.conf`, indented under the resource, with its sign as any other. */
function partText(part: string): string {
  const sign = part[0] as keyof typeof SIGN;
  return `      ${SIGN[sign] ?? sign}${part.slice(1)}`;
}

/** A patch, indented under the resource. */
function patchText(patch: string): string {
  return patch
    .split('\n')
    .map(
      (line) => `      ${line.startsWith('+') ? pc.green(line) : line.startsWith('-') ? pc.red(line) : pc.dim(line)}`,
    )
    .join('\n');
}
