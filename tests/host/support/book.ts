/** A playbook that wants given items, and runs of it in this process. */

import { z } from 'zod';
import { NO_SERVICES } from '#engine/adhoc.ts';
import type { Inventory } from '#engine/inventory/inventory.ts';
import type { RunEvent } from '#engine/report/events.ts';
import { lineReporter } from '#engine/report/reporter.ts';
import { type Playbook, play, playbook, role } from '#engine/role.ts';
import { type RunOptions, runPlaybook } from '#engine/run.ts';
import { openEnvironment } from '#playbooks/environment.ts';
import { providers } from '#providers/providers.ts';
import { type Box, ENV } from './box.ts';
import { type Item, resourceOf } from './items.ts';

export const ROLE = 'wanted';

/** One play per list of items; hosts that are not named want nothing. */
export type Wanted = Partial<Record<Box, readonly Item[]>>;

export function bookOf(wanted: Wanted): Playbook {
  const all = role(ROLE, z.strictObject({}), {
    resources: ({ host }) => (wanted[host.name as Box] ?? []).map(resourceOf),
  });
  return playbook('wanted', [play('as wanted', { hosts: 'all', roles: [all] })]);
}

let opened: Promise<Inventory> | undefined;
export const inventory = (): Promise<Inventory> => {
  opened ??= openEnvironment(ENV, providers).then((environment) => environment.inventory);
  return opened;
};

/** A change, as planned or as made. */
export interface Change {
  host: string;
  resource: string;
  action: string;
}

/** What a run said, as data. */
export interface Told {
  code: number | undefined;
  error: unknown;
  /** The printed lines, for messages. */
  text: string;
  planned: Change[];
  /** Changes that ended well, in order. */
  made: Change[];
  executions: Record<string, number>;
}

/** Runs a playbook in this process, without asking. */
export async function run(wanted: Wanted, more: Partial<RunOptions> = {}): Promise<Told> {
  const lines: string[] = [];
  const events: RunEvent[] = [];
  const report = lineReporter((line) => lines.push(line), false);
  report.listen((event) => events.push(event));
  const options: RunOptions = {
    check: false,
    diff: false,
    yes: true,
    detailedExitcode: false,
    limit: Object.keys(wanted).join(','),
    report,
    services: NO_SERVICES,
    image: (name) => name,
    ...more,
  };
  const ended = await runPlaybook(bookOf(wanted), await inventory(), options).then(
    (code) => ({ code, error: undefined }),
    (error: unknown) => ({ code: undefined, error }),
  );
  return { ...ended, text: `${lines.join('\n')}${ended.error ? `\n${ended.error}` : ''}`, ...read(events) };
}

/** What would be done now. */
export async function plan(wanted: Wanted): Promise<Change[]> {
  const { planned, code, text } = await run(wanted, { check: true });
  if (code !== 0) throw new Error(`no plan: ${text}`);
  return planned;
}

function read(events: readonly RunEvent[]): Pick<Told, 'planned' | 'made' | 'executions'> {
  const planned: Change[] = [];
  const made: Change[] = [];
  const executions: Record<string, number> = {};
  for (const event of events) {
    if (event.type === 'plan')
      for (const { host, changes } of event.hosts)
        planned.push(...changes.map(({ resource, action }) => ({ host, resource, action })));
    if (event.type === 'step-done') made.push({ host: event.host, resource: event.resource, action: event.action });
    if (event.type === 'recap') for (const each of event.hosts) executions[each.host] = each.executions;
  }
  return { planned, made, executions };
}
