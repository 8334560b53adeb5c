import { Audit } from './audit/audit.ts';
import { ERRORS, failureOf, KitError } from './errors.ts';
import type { Host, Inventory } from './inventory/inventory.ts';
import { limitHosts } from './inventory/select.ts';
import { HOSTS_AT_ONCE } from './learn.ts';
import { inParallel } from './parallel.ts';
import type { Answer, Piece } from './program.ts';
import type { Reporter } from './report/reporter.ts';
import { type Services, Session } from './session.ts';
import { cutOff } from './transport/connection.ts';

/** Beyond the piece's own time, for the login and for the answer. */
const SPARE_S = 20;

/** For work that delivers nothing and needs no secret. */
export const NO_SERVICES: Services = {
  deliver: () => Promise.reject(new KitError('internal', 'nothing is delivered here')),
  secret: () => Promise.reject(new KitError('internal', 'no secret is needed here')),
};

export interface AdhocOptions {
  limit?: string;
  /** One host after the other, stopping at the first failure. */
  serial?: boolean;
  report: Reporter;
  /** It may change something: what was typed goes into the audit log of each host. */
  record?: boolean;
  /** The error for a piece that failed. Without it: `apply-failed` with the piece's last lines. */
  failure?: (host: Host, answer: Answer) => KitError;
}

/**
 * Runs one piece of shell per host, outside of any playbook. `show` gets each answer. Returns the exit code: 2 where a
 * piece failed anywhere, else that of the first host that could not be asked.
 */
export async function adhoc(
  inventory: Inventory,
  options: AdhocOptions,
  piece: (host: Host) => Piece | undefined,
  show: (host: Host, answer: Answer) => void,
): Promise<number> {
  const session = new Session(inventory, options.report, NO_SERVICES);
  const hosts = limitHosts(inventory, options.limit ?? 'all').filter((host) => piece(host) !== undefined);
  const errors: KitError[] = [];
  try {
    const results = await inParallel(hosts, options.serial ? 1 : HOSTS_AT_ONCE, async (host) => {
      if (options.serial && errors.length > 0) return;
      try {
        show(host, await one(session, host, piece(host) as Piece, options));
      } catch (error) {
        if (!(error instanceof KitError)) throw error;
        error.context.host ??= host.name;
        options.report.emit({ type: 'failed', ...failureOf(error) });
        errors.push(error);
      }
    });
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    const exits = errors.map(({ exit }) => exit);
    return exits.includes(ERRORS['apply-failed'].exit) ? ERRORS['apply-failed'].exit : (exits[0] ?? 0);
  } finally {
    await session.close();
  }
}

const applyFailed = (piece: Piece, host: Host, { status, output }: Answer): KitError =>
  new KitError('apply-failed', `${piece.id} failed`, { host: host.name, exitStatus: status, lastLines: output });

async function one(
  session: Session,
  host: Host,
  piece: Piece,
  { record = false, report, failure }: AdhocOptions,
): Promise<Answer> {
  const pieces = record ? recorded(piece, host, new Audit(report, session.inventory.env), report) : [piece];
  const execution = await session.connection(host).execute(pieces, {
    deadlineSeconds: piece.timeoutSeconds + SPARE_S,
    secret: pieces.some(({ must }) => must),
  });
  const answer = execution.answers.get(piece.id);
  if (answer?.status === 0) return answer;
  if (answer) throw failure?.(host, answer) ?? applyFailed(piece, host, answer);
  throw (
    cutOff(host, execution) ??
    new KitError('apply-failed', `${piece.id} gave no answer`, { host: host.name, lastLines: execution.stderr })
  );
}

/**
 * The piece, which goes on record right after it. It runs also where the log cannot be written: on the host whose disk is full
 * somebody has to look.
 */
function recorded(piece: Piece, host: Host, audit: Audit, report: Reporter): Piece[] {
  return [
    { ...audit.open(), must: false },
    {
      ...piece,
      must: true,
      record: audit.recordByHand(),
      heard({ at, status }) {
        if (at === undefined) report.warn(host.name, 'this is not on record: the audit log cannot be written');
        else audit.endedByHand(host.name, at, status);
      },
    },
  ];
}
