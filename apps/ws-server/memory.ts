/** The memory of this process, such that it can be added to that of others of the same program. */

import { readFileSync } from 'node:fs';

const KIB = 1024;

export interface MemoryOfProcess {
  /** Its own. */
  readonly privateBytes: number;
  /** Of files, above all of the program itself: all processes that run it have it together. */
  readonly mappedBytes: number;
}

/** Where the kernel does not tell the two apart, all of it is its own. */
export function ownMemory(path = '/proc/self/status'): MemoryOfProcess {
  let status: string;
  try {
    status = readFileSync(path, 'utf8');
  } catch {
    return { privateBytes: process.memoryUsage.rss(), mappedBytes: 0 };
  }
  const bytes = (name: string) => KIB * Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0);
  return { privateBytes: bytes('RssAnon') + bytes('RssShmem'), mappedBytes: bytes('RssFile') };
}

/** Of processes of one program together. */
export function together(processes: readonly MemoryOfProcess[]): number {
  const mapped = Math.max(0, ...processes.map(({ mappedBytes }) => mappedBytes));
  return processes.reduce((sum, { privateBytes }) => sum + privateBytes, mapped);
}
