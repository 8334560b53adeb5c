import { Audit, OPEN_ID } from './audit/audit.ts';
import type { AuditEntry } from './audit/entry.ts';
import { KitError } from './errors.ts';
import type { Facts } from './facts.ts';
import type { Host } from './inventory/inventory.ts';
import { type FleetLock, lostLock } from './lock/fleet-lock.ts';
import { NOT_OURS } from './lock/shell.ts';
import { decideAll, type Finding, type HostPlan, observe, probePieces, type Wanted } from './plan.ts';
import type { Piece } from './program.ts';
import { Progress, type Step } from './report/progress.ts';
import type { Controller, Decision, HostKind } from './resource.ts';
import { type Connection, lastLines } from './transport/connection.ts';

const APPLY_S = 60;
const PROBE_AFTER_S = 120;
/** Seconds to put a change of the controller on record. */
const RECORD_S = 30;
/** A play needs at most one wave per resource; more means that a change does not hold. */
const SPARE_WAVES = 3;

/** A finding whose change runs on the host. */
interface HostChange {
  wanted: Wanted;
  decision: Extract<Decision, { state: 'change' }>;
  seen: unknown;
}

/** A play that is being applied: its place in the playbook, and its title. */
export interface PlayInHand {
  index: number;
  title: string;
}

const isHostChange = ({ wanted, decision }: Finding): boolean =>
  wanted.resource.kind.where === 'host' && decision.state === 'change';

/** Makes the findings of one play true on one host, wave by wave. Returns how many resources were changed. */
export async function applyPlay(
  connection: Connection,
  plan: HostPlan,
  play: PlayInHand,
  controller: Controller,
  lock: FleetLock,
): Promise<number> {
  const { host, facts } = plan;
  const mine = plan.findings.map(({ wanted }) => wanted).filter((wanted) => wanted.play === play.index);
  const state = new Map(plan.findings.map((finding) => [finding.wanted, finding]));
  let changed = 0;
  for (let waves = mine.length + SPARE_WAVES; ; waves -= 1) {
    const pending = mine
      .map((wanted) => state.get(wanted))
      .filter((finding) => finding !== undefined && finding.decision.state !== 'ok') as Finding[];
    const first = pending[0];
    if (!first) break;
    if (waves === 0)
      throw new KitError('verify-failed', 'changes do not hold', {
        host: host.name,
        resource: first.wanted.resource.id,
      });
    let news: Map<Wanted, Finding>;
    if (isHostChange(first)) {
      const end = pending.findIndex((finding) => !isHostChange(finding));
      const wave = (end < 0 ? pending : pending.slice(0, end)) as HostChange[];
      const blocked = plan.findings
        .map(({ wanted }) => state.get(wanted) as Finding)
        .filter(({ decision, wanted }) => decision.state === 'blocked' && wanted.resource.kind.where === 'host');
      news = await applyWave(
        connection,
        host,
        facts,
        wave,
        blocked.map(({ wanted }) => wanted),
        play.title,
        controller,
      );
      verify(
        host,
        wave.map(({ wanted }) => wanted),
        news,
      );
      changed += wave.length;
    } else if (first.decision.state === 'blocked') {
      news = await unblock(connection, host, facts, first.wanted, controller);
      if (news.get(first.wanted)?.decision.state === 'blocked') {
        throw new KitError(
          'apply-failed',
          `its state cannot be read without ${first.decision.after}, and nothing in this play provides it`,
          {
            host: host.name,
            role: first.wanted.role,
            resource: first.wanted.resource.id,
          },
        );
      }
    } else {
      await lock.confirm(connection);
      news = await perform(connection, first, play.title, controller);
      verify(host, [first.wanted], news);
      changed += 1;
    }
    for (const [wanted, finding] of news) state.set(wanted, finding);
  }
  // Later plays on this host start from what is known now.
  plan.findings = plan.findings.map(({ wanted }) => state.get(wanted) as Finding);
  return changed;
}

/** One wave: one execution that changes, then reads back what it changed and what was waiting for it. */
async function applyWave(
  connection: Connection,
  host: Host,
  facts: Facts,
  wave: readonly HostChange[],
  waiting: readonly Wanted[],
  play: string,
  controller: Controller,
): Promise<Map<Wanted, Finding>> {
  const audit = new Audit(controller.report, controller.inventory.env);
  const pieces: Piece[] = [];
  const changes = new Map<string, HostChange>();
  for (const finding of wave) {
    const { resource } = finding.wanted;
    const kind = resource.kind as HostKind;
    const prepared = kind.prepare ? await prepare(kind, finding, host, controller) : {};
    const id = `apply:${pieces.length}`;
    changes.set(id, finding);
    const input = kind.input?.(resource.args, finding.seen) ?? [];
    pieces.push({
      id,
      script: `set -e\n${kind.apply(resource.args, finding.seen, facts, prepared)}`,
      timeoutSeconds: kind.applySeconds?.(resource.args) ?? APPLY_S,
      must: true,
      ...(input.length > 0 ? { input } : {}),
      record: audit.recordOf(stepOf(host, play, finding)),
    });
  }
  const reread = [...wave.map(({ wanted }) => wanted), ...waiting];
  const progress = new Progress(controller.report, host.name);
  const { answers, cut, unfinished, stderr } = await connection.execute(
    [audit.open(), ...pieces, ...probePieces(reread, { diff: false })],
    {
      deadlineSeconds: pieces.reduce((sum, { timeoutSeconds }) => sum + timeoutSeconds, PROBE_AFTER_S),
      secret: true,
      onBegin(id) {
        const change = changes.get(id);
        if (change) progress.begin(stepOf(host, play, change));
      },
      onEnd({ id, status, at }) {
        const change = changes.get(id);
        if (!change) return;
        const step = stepOf(host, play, change);
        progress.end(step, { exitStatus: status, audit: at ? audit.entryOf(step, at, status) : undefined });
      },
    },
  );
  progress.flush();
  const opened = answers.get(OPEN_ID);
  if (opened && opened.status !== 0 && opened.status !== NOT_OURS)
    throw new KitError('apply-failed', 'the audit log cannot be written; nothing of this wave was changed', {
      host: host.name,
      lastLines: lastLines(opened.output),
      next: `make ssh ENV=${controller.inventory.env} LIMIT=${host.name}`,
    });
  for (const [id, finding] of changes) {
    const answer = answers.get(id);
    if (answer?.status === 0) continue;
    if (answer?.status === NOT_OURS || opened?.status === NOT_OURS) throw lostLock(host.name);
    const { role, resource } = finding.wanted;
    const why = answer
      ? answer.status === 124
        ? 'the change did not end in time'
        : 'the change failed'
      : `${cut ?? 'the connection was lost'} during the change`;
    throw new KitError('apply-failed', why, {
      host: host.name,
      role,
      resource: resource.id,
      command: finding.decision.summary,
      ...(answer ? { exitStatus: answer.status } : {}),
      lastLines: lastLines(answer?.output ?? unfinished?.output ?? stderr),
      next: `make deploy ENV=${controller.inventory.env} LIMIT=${host.name}   (continues where this stopped)`,
    });
  }
  return decideAll(host, reread, answers, facts);
}

/** A change as the events of its step name it. */
function stepOf(host: Host, play: string, { wanted, decision }: Pick<HostChange, 'wanted' | 'decision'>): Step {
  const { role, resource } = wanted;
  return { host: host.name, play, role, resource: resource.id, action: decision.action, summary: decision.summary };
}

async function prepare(
  kind: HostKind,
  finding: HostChange,
  host: Host,
  controller: Controller,
): Promise<Record<string, string>> {
  const { role, resource } = finding.wanted;
  controller.report.emit({ type: 'preparing', host: host.name, role, resource: resource.id });
  return (await kind.prepare?.(finding.wanted.resource.args, controller)) ?? {};
}

/** Reads one blocked resource again. */
async function unblock(
  connection: Connection,
  host: Host,
  facts: Facts,
  wanted: Wanted,
  controller: Controller,
): Promise<Map<Wanted, Finding>> {
  if (wanted.resource.kind.where === 'controller') return new Map([[wanted, await observe(host, wanted, controller)]]);
  const { answers } = await connection.execute(probePieces([wanted], { diff: false }), {
    deadlineSeconds: PROBE_AFTER_S,
  });
  return decideAll(host, [wanted], answers, facts);
}

/** A change that the controller makes through a tunnel, read back afterwards. */
async function perform(
  connection: Connection,
  finding: Finding,
  play: string,
  controller: Controller,
): Promise<Map<Wanted, Finding>> {
  const { host } = connection;
  const { wanted, seen, decision } = finding;
  const { kind, args } = wanted.resource;
  if (kind.where !== 'controller' || decision.state !== 'change')
    throw new KitError('internal', `${wanted.resource.id} cannot be performed`);
  const step = stepOf(host, play, { wanted, decision });
  const progress = new Progress(controller.report, host.name);
  const audit = new Audit(controller.report, controller.inventory.env);
  progress.begin(step);
  try {
    await kind.perform(args, seen, host, controller);
  } catch (error) {
    // The fault of the change is told, not that of its record.
    const written = await record(connection, audit, step, 1).catch(() => undefined);
    progress.end(step, { exitStatus: 1, audit: written });
    throw error;
  }
  progress.end(step, { exitStatus: 0, audit: await record(connection, audit, step, 0) });
  progress.flush();
  const after = await observe(host, wanted, controller);
  return new Map([[wanted, after]]);
}

/** Puts a change that the controller made on record on its host. */
async function record(connection: Connection, audit: Audit, step: Step, exit: number): Promise<AuditEntry | undefined> {
  let entry: AuditEntry | undefined;
  const pieces = audit.ended(step, exit, (written) => {
    entry = written;
  });
  await connection.execute(pieces, { deadlineSeconds: RECORD_S, secret: true });
  return entry;
}

/** What was written must now read as wanted. */
function verify(host: Host, wave: readonly Wanted[], news: ReadonlyMap<Wanted, Finding>): void {
  for (const wanted of wave) {
    const decision = news.get(wanted)?.decision;
    if (decision?.state === 'ok') continue;
    const still = decision?.state === 'change' ? decision.summary : `cannot be read without ${decision?.after}`;
    throw new KitError('verify-failed', `changed, but the host still differs: ${still}`, {
      host: host.name,
      role: wanted.role,
      resource: wanted.resource.id,
    });
  }
}
