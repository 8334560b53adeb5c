import { createPatch } from 'diff';

/** The hunks of a unified diff, without its head. */
export function hunks(before: string, after: string): string {
  return createPatch('', before, after, '', '', { context: 2 })
    .split('\n')
    .slice(4)
    .filter((line) => line && !line.startsWith('\\'))
    .join('\n');
}
