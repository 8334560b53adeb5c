import type { AuditEntry } from '../audit/entry.ts';
import type { BodyOf } from './events.ts';
import type { Reporter } from './reporter.ts';

/** A step that takes longer than this is announced while it runs. */
const ANNOUNCE_AFTER_MS = 1500;

/** One resource that is changed: what the events of a step have in common. */
export type Step = Omit<BodyOf<'step-started'>, 'type'>;

/** How a step ended. */
export interface StepEnd {
  /** 0 where it was done; undefined where the host did not say. */
  exitStatus: number | undefined;
  /** What the host put on record. */
  audit?: AuditEntry | undefined;
}

interface Tally {
  role: string;
  changed: number;
  ms: number;
  last: string;
}

/**
 * Tells the changes of one host: each step as it begins and ends, a step that takes its time while it runs, and each role
 * when it is done.
 */
export class Progress {
  private readonly report: Reporter;
  private readonly host: string;
  private tally: Tally | undefined;
  private timer: NodeJS.Timeout | undefined;
  private open: Step | undefined;
  private beganAt = 0;

  constructor(report: Reporter, host: string) {
    this.report = report;
    this.host = host;
  }

  begin(step: Step): void {
    this.beganAt = Date.now();
    if (this.tally?.role !== step.role) this.flush();
    this.open = step;
    this.report.emit({ type: 'step-started', ...step });
    this.timer = setTimeout(() => this.report.emit({ type: 'step-slow', ...step }), ANNOUNCE_AFTER_MS);
  }

  end(step: Step, { exitStatus, audit }: StepEnd): void {
    clearTimeout(this.timer);
    this.open = undefined;
    const ms = Date.now() - this.beganAt;
    if (exitStatus !== 0) {
      this.report.emit({ type: 'step-failed', ...step, exitStatus, ms, audit });
      return;
    }
    this.report.emit({ type: 'step-done', ...step, ms, audit });
    const { role, resource, summary } = step;
    this.tally ??= { role, changed: 0, ms: 0, last: '' };
    this.tally.changed += 1;
    this.tally.ms += ms;
    this.tally.last = `${resource}  ${summary}`;
  }

  /** Ends a run of changes: also when a change failed or the host went away, so that what was done before is on record. */
  flush(): void {
    if (this.open) this.end(this.open, { exitStatus: undefined });
    if (!this.tally) return;
    this.report.emit({ type: 'role-done', host: this.host, ...this.tally });
    this.tally = undefined;
  }
}
