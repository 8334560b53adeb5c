import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';

/** Which run this is, who started it, and with which words. */
export interface RunIdentity {
  /** Sorts by time: `20260102T030405Z-9f3c1a`. */
  id: string;
  /** `ops@laptop` */
  who: string;
  /** The script: `deploy`. */
  command: string;
  /** The words after it, as typed. */
  words: readonly string[];
}

const RANDOM_BYTES = 3;

/** A new run of a script by whoever is logged in here. */
export function newRun(command: string, words: readonly string[] = []): RunIdentity {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  return {
    id: `${time}-${randomBytes(RANDOM_BYTES).toString('hex')}`,
    who: `${userInfo().username}@${hostname()}`,
    command,
    words,
  };
}
