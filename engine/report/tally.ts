import { ERRORS } from '../errors.ts';
import type { RunEvent } from './events.ts';
import type { HostRecap } from './fields.ts';

export type HostCounts = Pick<HostRecap, 'ok' | 'changed' | 'failed' | 'unreachable'>;

const NONE: HostCounts = { ok: 0, changed: 0, failed: 0, unreachable: 0 };

/** Counts what became of each host from a run's events: the recap of a run, and of its record. */
export class Tally {
  private readonly hosts = new Map<string, HostCounts>();

  add(event: RunEvent): void {
    switch (event.type) {
      case 'plan':
        for (const { host, ok } of event.hosts) this.set(host, { ok });
        return;
      case 'step-done':
        this.set(event.host, { changed: this.of(event.host).changed + 1 });
        return;
      case 'host-failed':
        this.set(event.host, event.exit === ERRORS.unreachable.exit ? { unreachable: 1 } : { failed: 1 });
    }
  }

  of(host: string): HostCounts {
    return this.hosts.get(host) ?? NONE;
  }

  private set(host: string, counts: Partial<HostCounts>): void {
    this.hosts.set(host, { ...this.of(host), ...counts });
  }
}
