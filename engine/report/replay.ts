import { readFile } from 'node:fs/promises';
import { KitError } from '../errors.ts';
import { readEvents } from './read-events.ts';
import type { Reporter } from './reporter.ts';

const NEXT = 'npx zx scripts/deploy.mjs --env NAME --json >run.jsonl';

/** Shows a recorded run as it was shown when it ran. Returns the exit code of the replay, not of the run. */
export async function replay(path: string | undefined, report: Reporter): Promise<number> {
  if (!path) throw new KitError('usage', 'which file? give the events of a run', { next: NEXT });
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new KitError('usage', `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
      next: NEXT,
    });
  }
  for (const event of readEvents(text, path)) report.relay(event);
  return 0;
}
