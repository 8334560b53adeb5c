import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { Lease } from './shell.ts';

/** Who this run is, for those who find its lock. */
export interface Holder {
  who: string;
  what: string;
  since: string;
  run: string;
}

/** What tells this machine from others, also in a container; falls back to its name. */
function machine(): string {
  try {
    return `${readFileSync('/etc/machine-id', 'utf8').trim() || hostname()}`;
  } catch {
    return hostname();
  }
}

/** When a process began, so that a number that is used again is not taken for the old process. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** This run as a holder. `what` is the command as a person would type it. */
export function thisHolder(what: string): Holder {
  const { username } = userInfo();
  return {
    who: `${username}@${hostname()}`,
    what: what.replace(/\s+/g, ' '),
    since: new Date().toISOString(),
    run: `${randomUUID()} ${machine()} ${process.pid}:${startOf(process.pid) ?? ''}`,
  };
}

/** Whether a holder was a process of this machine that is not there any more: its lease need not be waited for. */
export function isGone({ run }: Pick<Lease, 'run'>): boolean {
  const [, where, process_ = ''] = run.split(' ');
  const [pid = '', start] = process_.split(':');
  if (where !== machine() || !start) return false;
  return startOf(Number(pid)) !== start;
}
