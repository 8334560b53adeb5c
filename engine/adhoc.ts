import { describeError, ERRORS, KitError } from './errors.ts';
import type { Host, Inventory } from './inventory/inventory.ts';
import { limitHosts } from './inventory/select.ts';
import { inParallel } from './parallel.ts';
import type { Answer, Piece } from './program.ts';
import type { Reporter } from './report/reporter.ts';
import { type Services, Session } from './session.ts';

const HOSTS_AT_ONCE = 10;
const DEADLINE_S = 300;

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
}

/** Runs one piece of shell per host, outside of any playbook. `show` gets each answer. Returns the exit code. */
export async function adhoc(
  inventory: Inventory,
  options: AdhocOptions,
  piece: (host: Host) => Piece | undefined,
  show: (host: Host, answer: Answer) => void,
): Promise<number> {
  const session = new Session(inventory, options.report, NO_SERVICES);
  const hosts = limitHosts(inventory, options.limit ?? 'all').filter((host) => piece(host) !== undefined);
  let failed: KitError | undefined;
  try {
    await inParallel(hosts, options.serial ? 1 : HOSTS_AT_ONCE, async (host) => {
      if (options.serial && failed) return;
      try {
        show(host, await one(session, host, piece(host) as Piece));
      } catch (error) {
        if (!(error instanceof KitError)) throw error;
        error.context.host ??= host.name;
        options.report.lines(describeError(error));
        failed ??= error;
      }
    }).then((results) => {
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    });
    return failed ? ERRORS[failed.code].exit : 0;
  } finally {
    await session.close();
  }
}

async function one(session: Session, host: Host, piece: Piece): Promise<Answer> {
  const { answers, stderr } = await session.connection(host).execute([piece], { deadlineSeconds: DEADLINE_S });
  const answer = answers.get(piece.id);
  if (answer?.status === 0) return answer;
  throw new KitError('apply-failed', answer ? `${piece.id} failed` : `${piece.id} gave no answer`, {
    host: host.name,
    ...(answer ? { exitStatus: answer.status } : {}),
    lastLines: answer?.output || stderr,
  });
}
