import { createInterface } from 'node:readline/promises';
import { KitError } from './errors.ts';

/** How a person agrees to a change: by naming the environment, so that nobody says yes to the wrong one. */
export async function confirm(env: string, what: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) {
    throw new KitError('not-confirmed', `${what} needs a yes: there is no terminal to ask on`, {
      next: 'look at the plan above, then add --yes (make: YES=1)',
    });
  }
  // Standard output may be a stream of events, or a file.
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`\nApply this to "${env}"? Type the name of the environment to go on: `);
    if (answer.trim() !== env) throw new KitError('not-confirmed', 'nothing was changed');
  } finally {
    terminal.close();
  }
}
