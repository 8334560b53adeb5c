import { createPatch } from 'diff';
import { type Finding, type HostPlan, pendingOf } from '../plan.ts';
import type { BodyOf } from './events.ts';
import type { PlannedChange } from './fields.ts';

/** A plan as an event: what would change, host by host; with `diff`, the texts that differ. */
export function plannedEvent(plans: readonly HostPlan[], diff: boolean): BodyOf<'plan'> {
  const hosts = plans.map((plan) => {
    const pending = pendingOf(plan);
    return {
      host: plan.host.name,
      ok: plan.findings.length - pending.length,
      changes: pending.map((finding) => plannedChange(finding, diff)),
    };
  });
  return { type: 'plan', hosts, pending: hosts.reduce((sum, { changes }) => sum + changes.length, 0) };
}

function plannedChange({ wanted, decision }: Finding, diff: boolean): PlannedChange {
  const what = { role: wanted.role, resource: wanted.resource.id };
  if (decision.state === 'blocked') return { ...what, action: '?', knownAfter: decision.after };
  if (decision.state === 'ok') return { ...what, action: '~', summary: '' };
  const { action, summary, before = '', after, parts } = decision;
  const patch = diff && after !== undefined ? { patch: hunks(before, after) } : {};
  return { ...what, action, summary, ...(parts ? { parts: [...parts] } : {}), ...patch };
}

/** The hunks of a unified diff, without its head. */
function hunks(before: string, after: string): string {
  return createPatch('', before, after, '', '', { context: 2 })
    .split('\n')
    .slice(4)
    .filter((line) => line && !line.startsWith('\\'))
    .join('\n');
}
