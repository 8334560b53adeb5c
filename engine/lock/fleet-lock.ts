import { setTimeout as sleep } from 'node:timers/promises';
import { KitError } from '../errors.ts';
import type { Answer, Piece } from '../program.ts';
import type { Reporter } from '../report/reporter.ts';
import type { Connection } from '../transport/connection.ts';
import { type Holder, isGone } from './holder.ts';
import { acquire, inspect, type Lease, NOT_OURS, RENEW_S, readLease, release, renew } from './shell.ts';

const LOCK_ID = 'lock';
const LOCK_S = 20;
const LOOK_AGAIN_MS = 2_000;

/** The longest that a change may take which a run that was cut off has begun. */
const CUT_OFF_S = 660;

const LEASE_ID = 'lease';
/** Looks who has the host, and changes nothing. */
export const leasePiece: Piece = { id: LEASE_ID, script: inspect, timeoutSeconds: LOCK_S, quick: true };

/** Reads the answer of {@link leasePiece}: undefined where nobody has the host. */
export function leaseIn(answers: ReadonlyMap<string, Answer>): Lease | undefined {
  const lease = readLease(answers.get(LEASE_ID)?.output ?? '');
  return lease && lease.left > 0 ? lease : undefined;
}

/** The lock of one run on every host that it changes. */
export class FleetLock {
  private readonly holder: Holder;
  private readonly farewell: (connection: Connection) => Piece[];
  private readonly held = new Map<Connection, number>();
  private timer: NodeJS.Timeout | undefined;

  /** `farewell` are pieces that run on a host right before it is given back. */
  constructor(holder: Holder, farewell: (connection: Connection) => Piece[] = () => []) {
    this.holder = holder;
    this.farewell = farewell;
  }

  /**
   * Takes a host, in one execution together with `more` pieces, whose answers are returned. Throws `locked` when somebody
   * has it, after waiting for `waitSeconds`.
   */
  async take(
    connection: Connection,
    more: readonly Piece[],
    waitSeconds: number,
    report: Reporter,
  ): Promise<ReadonlyMap<string, Answer>> {
    const deadline = Date.now() + waitSeconds * 1000;
    let instead: number | undefined;
    let told = false;
    const tell = (what: string): void => {
      if (!told) report.step(connection.host.name, `waiting for ${what}`);
      told = true;
    };
    for (;;) {
      const piece = { id: LOCK_ID, script: acquire(this.holder, instead), timeoutSeconds: LOCK_S };
      const { answers, stderr } = await connection.execute([piece, ...more], { deadlineSeconds: LOCK_S + 120 });
      const answer = answers.get(LOCK_ID);
      const [, word, token] = /^(got|busy) (\d+)$/m.exec(answer?.output ?? '') ?? [];
      if (token) {
        this.held.set(connection, Number(token));
        connection.token = Number(token);
        this.keep();
        if (word === 'got') return answers;
        if (Date.now() >= deadline) throw stillAtWork(connection);
        tell('what a run that is gone had begun here');
        instead = Number(token);
        continue;
      }
      const lease = answer && readLease(answer.output);
      if (!lease)
        throw new KitError('apply-failed', 'the lock could not be taken', {
          host: connection.host.name,
          lastLines: answer?.output || stderr,
        });
      if (isGone(lease) && instead === undefined) {
        report.warn(connection.host.name, `${lease.who} left its lock behind: ${lease.what} is not running any more`);
        instead = lease.token;
        continue;
      }
      if (Date.now() >= deadline) throw lockedBy(connection, lease);
      tell(waitingFor(lease));
      await sleep(LOOK_AGAIN_MS);
    }
  }

  /**
   * Returns once nobody is at work on the host: before it is read and planned, so that the plan is made from what stays.
   * What a run that was cut off still does there is waited for in any case; other people for `waitSeconds`, then `locked`.
   */
  async free(connection: Connection, waitSeconds: number, report: Reporter): Promise<void> {
    const began = Date.now();
    for (let told = false; ; ) {
      const { answers } = await connection.execute([leasePiece], { deadlineSeconds: LOCK_S, heartbeat: true });
      const lease = leaseIn(answers);
      if (!lease || (isGone(lease) && !lease.working)) return;
      const patience = isGone(lease) ? Math.max(waitSeconds, CUT_OFF_S) : waitSeconds;
      if (Date.now() - began >= patience * 1000) throw lockedBy(connection, lease);
      if (!told) report.step(connection.host.name, `waiting for ${waitingFor(lease)}`);
      told = true;
      await sleep(LOOK_AGAIN_MS);
    }
  }

  /** Makes sure that the host is still ours, before a change that the controller itself makes. Throws `locked`. */
  async confirm(connection: Connection): Promise<void> {
    const token = this.held.get(connection);
    if (token !== undefined) await beat(connection, token);
  }

  /** The pieces that give a host back. */
  releasePieces(connection: Connection): Piece[] {
    const token = this.held.get(connection);
    if (token === undefined) return [];
    return [...this.farewell(connection), { id: 'unlock', script: release(token), timeoutSeconds: LOCK_S }];
  }

  /** To be called once {@link releasePieces} have run. */
  released(connection: Connection): void {
    this.held.delete(connection);
    delete connection.token;
    if (this.held.size === 0) clearInterval(this.timer);
  }

  /** Gives every host back. One that cannot be reached keeps the lock until it ends by itself. */
  async releaseAll(report: Reporter): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(
      [...this.held.keys()].map(async (connection) => {
        try {
          await connection.execute(this.releasePieces(connection), { deadlineSeconds: LOCK_S, heartbeat: true });
        } catch (cause) {
          report.warn(
            connection.host.name,
            `the lock ends by itself: ${cause instanceof Error ? cause.message : String(cause)}`,
          );
        }
        this.released(connection);
      }),
    );
  }

  /** Hosts wait for each other at the end of a play: while nothing runs on one, the controller renews its lease. */
  private keep(): void {
    this.timer ??= setInterval(() => {
      for (const [connection, token] of this.held) {
        if (connection.busy) continue;
        // A lease that is lost is found out before the next change: the host refuses the token.
        beat(connection, token).catch(() => undefined);
      }
    }, RENEW_S * 1000).unref();
  }
}

async function beat(connection: Connection, token: number): Promise<void> {
  const { answers } = await connection.execute([{ id: 'renew', script: renew(token), timeoutSeconds: LOCK_S }], {
    deadlineSeconds: LOCK_S,
    heartbeat: true,
  });
  if (answers.get('renew')?.status === NOT_OURS) throw lostLock(connection.host.name);
}

function waitingFor(lease: Lease): string {
  if (isGone(lease)) return `what ${lease.what} began here before it was cut off`;
  return `${lease.who}: ${lease.what}, since ${lease.since}`;
}

function lockedBy({ host }: Connection, { who, what, since, left }: Lease): KitError {
  return new KitError(
    'locked',
    `${who} is at work here: ${what}, since ${since}; the lock ends by itself in ${left} s unless it is renewed`,
    {
      host: host.name,
      next: 'wait for it (--wait), or look: make unlock',
    },
  );
}

/** A run is gone, but a step of it goes on: whoever looks at the host now sees it in the middle of that. */
function stillAtWork({ host }: Connection): KitError {
  return new KitError('locked', 'a step that a run which is gone had begun here has not ended yet', {
    host: host.name,
    next: 'wait for it (--wait)',
  });
}

/** The lease ran out while this run was held up, and somebody else has the host now. */
export function lostLock(host: string): KitError {
  return new KitError(
    'locked',
    'the lock was lost while this run was held up: somebody else has changed the host since',
    {
      host,
      next: 'make plan   (then deploy again)',
    },
  );
}
