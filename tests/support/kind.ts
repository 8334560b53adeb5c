/** Resources under test: probe and apply run under a real sh on this machine, decide as the engine calls it. */

import type { Facts } from '#engine/facts.ts';
import { type Decision, type HostKind, isUnavailable, type Resource, type Unavailable } from '#engine/resource.ts';
import { runPieces } from './shell.ts';

export const FACTS: Facts = {
  distribution: 'debian',
  version: '13',
  architecture: 'x86_64',
  memory: 2 * 1024 ** 3,
  cores: 2,
  container: false,
};

export function kindOf(resource: Resource): HostKind {
  if (resource.kind.where !== 'host') throw new Error(`${resource.id} is not of a host kind`);
  return resource.kind;
}

/** What `read` makes of a probe's output, for one resource or for several of one kind. */
export function readAll(output: string, ...resources: readonly Resource[]): unknown[] {
  const [first] = resources;
  if (!first) return [];
  return kindOf(first).read(
    output,
    resources.map(({ args }) => args),
  );
}

/** What `decide` says of a probe's output. */
export function decideFrom(resource: Resource, output: string, facts: Facts = FACTS): Decision | Unavailable {
  const [seen] = readAll(output, resource);
  return isUnavailable(seen) ? seen : kindOf(resource).decide(resource.args, seen, facts);
}

/** The decision in one line: `ok`, `~ mode 0600 → 0644`, `? docker`. */
export function oneLine(decision: Decision | Unavailable): string {
  if (isUnavailable(decision)) return `? ${decision.unavailable}`;
  return decision.state === 'ok' ? 'ok' : `${decision.action} ${decision.summary}`;
}

/** Runs the probe of these resources here. */
export async function probeHere(resources: readonly Resource[], diff = false): Promise<unknown[]> {
  const [first] = resources;
  if (!first) return [];
  const script = kindOf(first).probe(
    resources.map(({ args }) => args),
    { diff },
  );
  const { answers } = await runPieces([{ id: 'probe', script, timeoutSeconds: 10 }]);
  return readAll(answers.get('probe')?.output ?? '', ...resources);
}

/** What the engine would decide about this resource here and now. */
export async function decideHere(resource: Resource, diff = false): Promise<Decision | Unavailable> {
  const [seen] = await probeHere([resource], diff);
  return isUnavailable(seen) ? seen : kindOf(resource).decide(resource.args, seen, FACTS);
}

/** Runs the change of this resource here, from what is seen now. */
export async function applyHere(resource: Resource): Promise<{ status: number; output: string }> {
  const [seen] = await probeHere([resource]);
  const kind = kindOf(resource);
  const script = `set -e\n${kind.apply(resource.args, seen, FACTS, {})}`;
  const input = kind.input?.(resource.args, seen) ?? [];
  const { answers } = await runPieces([
    { id: 'apply', script, timeoutSeconds: kind.applySeconds?.(resource.args) ?? 10, must: true, input },
  ]);
  const { status = -1, output = '' } = answers.get('apply') ?? {};
  return { status, output };
}
