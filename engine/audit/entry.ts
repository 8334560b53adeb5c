import type { z } from 'zod';
import type { auditEntry } from './schema.ts';

/** Raised when a field changes its meaning or goes away. */
export const AUDIT_VERSION = 1;

/** One line of a host's audit log. */
export type AuditEntry = z.infer<typeof auditEntry>;

/** What is known of an entry before it happens: all but when and how it ended. */
export type AuditSubject = Omit<AuditEntry, 'v' | 'ts' | 'result' | 'exit'>;

/** The entry once the host has said when and how it ended. */
export function auditEntryOf(subject: AuditSubject, ts: string, exit: number): AuditEntry {
  return { v: AUDIT_VERSION, ts, ...subject, result: exit === 0 ? 'ok' : 'failed', exit };
}
