import type { RunEvent } from './events.ts';

/** What one host is at right now. */
export interface LiveRow {
  host: string;
  text: string;
  /** Milliseconds since the epoch, by the events' own time; undefined while it waits for its turn. */
  since: number | undefined;
}

/** Follows a run's events and knows what every host is at. The finished part of the story is not its business. */
export class LiveRows {
  private readonly rows = new Map<string, LiveRow>();
  /** Things that began on the operator's machine, or outside of a play, and did not end yet, by place. */
  private readonly open = new Map<string, number>();

  add(event: RunEvent): void {
    const now = Date.parse(event.ts);
    switch (event.type) {
      case 'learning':
        for (const host of event.hosts) this.set(host, `reading ${event.what}`, now);
        return;
      case 'play-started':
        for (const host of event.hosts) this.set(host, 'waiting for its turn', undefined);
        return;
      case 'preparing':
        this.set(event.host, `${event.role}: preparing ${event.resource}`, now);
        return;
      case 'step-started':
        this.set(event.host, `${event.role}: ${event.resource}  ${event.summary}`, now);
        return;
      case 'step-done':
        this.set(event.host, `${event.role}: reading back`, now);
        return;
      case 'gate-started':
        this.set(event.host, event.title, now);
        return;
      case 'began':
        this.open.set(event.where, (this.open.get(event.where) ?? 0) + 1);
        if (!this.rows.has(event.where)) this.set(event.where, event.text, now);
        return;
      case 'done':
        this.end(event.where);
        return;
      case 'learned':
      case 'gate':
      case 'host-done':
      case 'host-failed':
        this.rows.delete(event.host);
        return;
      case 'plan':
      case 'recap':
      case 'failed':
      case 'run-ended':
        this.rows.clear();
        this.open.clear();
    }
  }

  /** Whether a row says what a line about this event would say. */
  tells(event: RunEvent): boolean {
    if (event.type === 'step-slow') return true;
    return event.type === 'began' && this.rows.get(event.where)?.text === event.text;
  }

  /** In the order in which hosts came up. */
  get all(): readonly LiveRow[] {
    return [...this.rows.values()];
  }

  private set(host: string, text: string, since: number | undefined): void {
    this.rows.set(host, { host, text, since });
  }

  /** Several things may be under way in one place: its row goes with the last of them. */
  private end(where: string): void {
    const open = this.open.get(where);
    if (open === undefined) return;
    this.open.set(where, open - 1);
    if (open > 1) return;
    this.open.delete(where);
    this.rows.delete(where);
  }
}
