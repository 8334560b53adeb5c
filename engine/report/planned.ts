import { type Finding, type HostPlan, pendingOf } from '../plan.ts';
import type { BodyOf } from './events.ts';
import type { PlannedChange } from './fields.ts';

/** The hunks of a unified diff of two texts. */
export type Hunks = (before: string, after: string) => string;

/** A plan as an event: what would change, host by host; with `hunks`, how the texts differ. */
export function plannedEvent(plans: readonly HostPlan[], hunks?: Hunks): BodyOf<'plan'> {
  const hosts = plans.map((plan) => {
    const pending = pendingOf(plan);
    return {
      host: plan.host.name,
      ok: plan.findings.length - pending.length,
      changes: pending.map((finding) => plannedChange(finding, hunks)),
    };
  });
  return { type: 'plan', hosts, pending: hosts.reduce((sum, { changes }) => sum + changes.length, 0) };
}

function plannedChange({ wanted, decision }: Finding, hunks?: Hunks): PlannedChange {
  const what = { role: wanted.role, resource: wanted.resource.id };
  if (decision.state === 'blocked') return { ...what, action: '?', knownAfter: decision.after };
  if (decision.state === 'ok') return { ...what, action: '~', summary: '' };
  const { action, summary, before = '', after, parts } = decision;
  const patch = hunks && after !== undefined ? { patch: hunks(before, after) } : {};
  return { ...what, action, summary, ...(parts ? { parts: [...parts] } : {}), ...patch };
}
