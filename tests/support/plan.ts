/** Plans and applies on this machine, see local-connection.ts. */

import { applyPlay } from '#engine/apply.ts';
import { FleetLock } from '#engine/lock/fleet-lock.ts';
import { thisHolder } from '#engine/lock/holder.ts';
import { type HostPlan, pendingOf, planHost, type Wanted } from '#engine/plan.ts';
import { hunks } from '#engine/report/hunks.ts';
import { plannedText } from '#engine/report/plan-text.ts';
import { plannedEvent } from '#engine/report/planned.ts';
import type { Resource } from '#engine/resource.ts';
import { type DirectoryArgs, directory } from '#engine/resources/directory.ts';
import { type FileArgs, file } from '#engine/resources/file.ts';
import { ME } from './folder.ts';
import { oneLine } from './kind.ts';
import type { LocalHost } from './local-connection.ts';

/** Owned by whoever runs the tests. */
export const dirAt = (path: string, more: Partial<DirectoryArgs> = {}): Resource =>
  directory({ path, owner: ME, ...more });
export const fileAt = (path: string, content: string, more: Partial<FileArgs> = {}): Resource =>
  file({ path, content, owner: ME, ...more });

export const wantedOf = (resources: readonly Resource[], play = 0, role = 'demo'): Wanted[] =>
  resources.map((resource) => ({ role, play, resource }));

export const planHere = (local: LocalHost, wanted: readonly Wanted[], diff = false): Promise<HostPlan> =>
  planHost(local.connection, wanted, [], local.controller, { diff });

export const applyPlanned = (local: LocalHost, plan: HostPlan, play = 0): Promise<number> =>
  applyPlay(
    local.connection,
    plan,
    { index: play, title: `play ${play}` },
    local.controller,
    new FleetLock(thisHolder('test')),
  );

/** What would change, a line each: `file + create`, `line ? /path`. */
export const pendingLines = (plan: HostPlan): string[] =>
  pendingOf(plan).map(({ wanted, decision }) => {
    const what = decision.state === 'blocked' ? oneLine({ unavailable: decision.after }) : oneLine(decision);
    return `${wanted.resource.kind.name} ${what}`;
  });

/** The plan as it is printed. */
export const planText = (plans: readonly HostPlan[], diff: boolean): string =>
  plannedText(plannedEvent(plans, diff ? hunks : undefined).hosts);
