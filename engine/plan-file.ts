import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { KitError } from './errors.ts';
import type { HostPlan } from './plan.ts';
import { type PlannedLine, plannedLines, refuseStale } from './stale.ts';

const VERSION = 1;

const line = z.strictObject({
  role: z.string(),
  resource: z.string(),
  state: z.enum(['change', 'blocked']),
  action: z.enum(['+', '~', '-']).optional(),
  summary: z.string(),
  seen: z.string(),
  wanted: z.string(),
});

const planFile = z.strictObject({
  version: z.literal(VERSION),
  env: z.string(),
  made: z.string(),
  limit: z.string().optional(),
  tags: z.string().optional(),
  hosts: z.record(z.string(), z.array(line)),
});

/** A plan as it is saved with --out and applied with --plan. Holds no secret: digests and summaries only. */
export type PlanFile = z.infer<typeof planFile>;

/** Writes a plan where only its owner can read it. */
export function savePlan(
  path: string,
  env: string,
  selection: { limit?: string; tags?: string },
  plans: readonly HostPlan[],
): void {
  const hosts = Object.fromEntries(plans.map((plan) => [plan.host.name, plannedLines(plan)]));
  const file: PlanFile = { version: VERSION, env, made: new Date().toISOString(), ...selection, hosts };
  writeFileSync(path, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
}

/** Reads a saved plan. Throws `usage` for a file that is none, or one of another environment. */
export function loadPlan(path: string, env: string): PlanFile {
  let parsed: PlanFile;
  try {
    parsed = planFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    const why =
      cause instanceof z.ZodError ? z.prettifyError(cause) : cause instanceof Error ? cause.message : String(cause);
    throw new KitError('usage', `${path} is no saved plan: ${why}`, {
      next: `npx zx scripts/plan.mjs --env ${env} --out ${path}`,
    });
  }
  if (parsed.env !== env) throw new KitError('usage', `${path} is a plan for ${parsed.env}, not for ${env}`);
  return parsed;
}

/** Throws `plan-stale` unless the hosts would be changed exactly as the saved plan says. */
export function refuseOther(path: string, saved: PlanFile, plans: readonly HostPlan[]): void {
  const next = `npx zx scripts/plan.mjs --env ${saved.env} --out ${path}`;
  const found = new Map(plans.map((plan) => [plan.host.name, plannedLines(plan)]));
  for (const name of new Set([...Object.keys(saved.hosts), ...found.keys()])) {
    refuseStale(name, (saved.hosts[name] ?? []) as PlannedLine[], found.get(name) ?? [], next);
  }
}
