import type { Reporter } from './reporter.ts';

/** A step that takes longer than this is announced while it runs. */
const ANNOUNCE_AFTER_MS = 1500;

interface Tally {
  role: string;
  count: number;
  ms: number;
  last: string;
}

/**
 * What a person sees of a host's changes: one line per role when it is done, and a line for a step that takes its time
 * while it runs. With --verbose every step has its line.
 */
export class Progress {
  private readonly report: Reporter;
  private readonly host: string;
  private tally: Tally | undefined;
  private timer: NodeJS.Timeout | undefined;
  private beganAt = 0;

  constructor(report: Reporter, host: string) {
    this.report = report;
    this.host = host;
  }

  begin(role: string, text: string): void {
    this.beganAt = Date.now();
    if (this.tally?.role !== role) this.flush();
    this.timer = setTimeout(() => this.report.step(this.host, `${role}: ${text}`), ANNOUNCE_AFTER_MS);
  }

  end(role: string, text: string, ok: boolean): void {
    clearTimeout(this.timer);
    if (!ok) return;
    const ms = Date.now() - this.beganAt;
    this.report.verbose(this.host, `${role}: ${text}  ${ms} ms`);
    this.tally ??= { role, count: 0, ms: 0, last: '' };
    this.tally.count += 1;
    this.tally.ms += ms;
    this.tally.last = text;
  }

  /** Ends a run of changes: also when a change failed, so that what was done before it is on record. */
  flush(): void {
    clearTimeout(this.timer);
    if (!this.tally) return;
    const { role, count, ms, last } = this.tally;
    this.report.done(this.host, count === 1 ? `${role}: ${last}` : `${role}: ${count} changed`, ms);
    this.tally = undefined;
  }
}
