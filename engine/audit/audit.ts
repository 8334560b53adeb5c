import type { Piece } from '../program.ts';
import type { Step } from '../report/progress.ts';
import { type Reporter, typedIn } from '../report/reporter.ts';
import { commitOfKit } from './commit.ts';
import { type AuditEntry, type AuditSubject, auditEntryOf } from './entry.ts';
import { appendEnded, appendEntry, openLog } from './shell.ts';

/** The piece before the first change of a wave. */
export const OPEN_ID = 'audit';
const WRITE_S = 10;

/** What this run writes into the audit logs of hosts. A run that changes nothing writes nothing. */
export class Audit {
  private readonly report: Reporter;
  private readonly env: string;

  constructor(report: Reporter, env: string) {
    this.report = report;
    this.env = env;
  }

  /** Runs before the first change: what cannot be put on record is not begun. */
  open(): Piece {
    return { id: OPEN_ID, script: openLog, timeoutSeconds: WRITE_S, must: true };
  }

  /** Shell that puts a change on record once it has ended; see {@link Piece.record}. */
  recordOf(step: Step): string {
    return appendEntry(this.change(step));
  }

  /** What {@link recordOf} wrote. */
  entryOf(step: Step, at: string, exit: number): AuditEntry {
    return auditEntryOf(this.change(step), at, exit);
  }

  /** Puts a change on record that was not made by the host itself. `heard` gets the entry. */
  ended(step: Step, exit: number, heard: (entry: AuditEntry) => void): Piece[] {
    // Without must: what was done is put on record even where the host is not ours any more.
    return [{ ...this.open(), must: false }, this.writing('audit:change', this.change(step), exit, heard)];
  }

  /** Shell that puts what a person ran by hand on record once it has ended. */
  recordByHand(): string {
    return appendEntry(this.byHand());
  }

  /** Tells what {@link recordByHand} wrote. */
  endedByHand(host: string, at: string, exit: number): void {
    this.report.emit({ type: 'run-recorded', host, audit: auditEntryOf(this.byHand(), at, exit) });
  }

  /** Puts the end of the run on one host on record, as an event too. */
  runEnded(host: string, changed: number, exit: number): Piece {
    const subject: AuditSubject = { ...this.run(), what: 'run', changed };
    return this.writing('audit:run', subject, exit, (audit) => this.report.emit({ type: 'run-recorded', host, audit }));
  }

  private writing(id: string, subject: AuditSubject, exit: number, heard: (entry: AuditEntry) => void): Piece {
    return {
      id,
      script: appendEnded(subject, exit),
      timeoutSeconds: WRITE_S,
      heard({ status, output }) {
        if (status === 0) heard(auditEntryOf(subject, output.trim(), exit));
      },
    };
  }

  private change({ play, role, resource, action, summary }: Step): AuditSubject {
    return { ...this.run(), what: 'change', play, role, resource, action, summary };
  }

  private byHand(): AuditSubject {
    return { ...this.run(), what: 'command' };
  }

  private run(): Pick<AuditSubject, 'run' | 'who' | 'command' | 'env' | 'commit'> {
    const { id, who } = this.report.run;
    const commit = commitOfKit();
    return { run: id, who, command: typedIn(this.report), env: this.env, ...(commit ? { commit } : {}) };
  }
}
