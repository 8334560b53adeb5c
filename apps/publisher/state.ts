/** What the publisher was told to do, kept in one file so that a restart goes on with it. */

import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

export interface State {
  readonly running: boolean;
  /** Events a second. */
  readonly rate: number;
  readonly tokenIds: readonly string[];
}

export class StateError extends Error {
  override readonly name = 'StateError';
}

const FILE = 'publisher.json';

/** Undefined when nothing was ever saved; throws StateError for a file that is not one of ours. */
export async function loadState(dir: string): Promise<State | undefined> {
  const path = join(dir, FILE);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new StateError(`${path}: ${error.message}`, { cause: error });
  });
  if (text === undefined) return undefined;
  try {
    const state = JSON.parse(text) as State;
    if (typeof state.running === 'boolean' && state.rate > 0 && Array.isArray(state.tokenIds)) return state;
  } catch {
    // Told below, like any other content that is not a state.
  }
  throw new StateError(`${path} holds no publisher state; delete it to begin anew`);
}

/** Atomic: a reader, and a start after a crash, sees the old or the new state. */
export async function saveState(dir: string, state: State): Promise<void> {
  await mkdir(dir, { recursive: true });
  const path = join(dir, FILE);
  const partial = `${path}.partial`;
  const file = await open(partial, 'w', 0o644);
  try {
    await file.writeFile(JSON.stringify(state));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, path);
}
