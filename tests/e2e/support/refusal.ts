import { expect } from 'vitest';
import type { ErrorName } from '#engine/errors.ts';
import type { Ran } from './kit.ts';

export interface Refusal {
  /** The error's stable name. */
  code: ErrorName;
  exit: number;
  says: RegExp[];
}

/** The run ended with this error: its name, its exit code, what it is about, and the command to type next. */
export function expectRefusal({ code, text }: Ran, refusal: Refusal): void {
  expect(code, text).toBe(refusal.exit);
  expect(text).toMatch(new RegExp(`^${refusal.code}: \\S`, 'm'));
  for (const said of refusal.says) expect(text).toMatch(said);
  expect(text, 'the next command').toMatch(/^ {2}next: \S/m);
  expect(text, 'no stack trace').not.toMatch(/^ +at \S+ \(/m);
}
