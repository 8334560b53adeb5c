import type { HostCheck } from '#engine/check.ts';

/** Refuses to put another kind of broker where one holds data. */
export function kindUnchanged(kind: string, { container, label }: { container: string; label: string }): HostCheck {
  return {
    where: 'host',
    id: 'broker.kind',
    title: 'the broker is of the kind that the inventory says',
    severity: 'critical',
    phases: ['preflight', 'verify'],
    probe: `if command -v docker >/dev/null; then docker ps --all --filter name=^${container}$ --format '{{.Label "${label}"}}'; fi`,
    judge({ output }) {
      const found = output.trim();
      if (!found || found === kind) return { ok: true };
      return {
        ok: false,
        code: 'kind-change-refused',
        message: `the inventory says ${kind}, but ${container} is ${found}: its records would be lost`,
        next: `set broker.kind to ${found}, or build a new environment beside this one`,
      };
    },
  };
}
