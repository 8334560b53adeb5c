import { z } from 'zod';
import { auditEntry } from '../audit/schema.ts';
import { EVENT_VERSION } from './event-version.ts';
import { change, count, flag, host, ms, outcome, planned, recap, role, text, where } from './fields.ts';

/** What every event carries. */
export const envelope = {
  v: z.literal(EVENT_VERSION).describe('the version of the stream'),
  ts: z.iso.datetime().describe('when, by the clock of the operator’s machine (UTC)'),
  run: text('the run that it belongs to'),
};

const audit = auditEntry.describe('the line of the host’s audit log, as it was written there');

/** The fields of one step: one resource that is changed on one host. */
const step = { host, play: text('the title of the play'), ...change };

/**
 * Every event that a run can tell, by type. The reports are made from these alone: plain lines, the live view, the
 * recap and the audit log. No event holds a secret.
 */
export const EVENTS = {
  'run-started': z.object({
    command: text('the script: `deploy`'),
    words: z.array(z.string()).describe('the words after it, as typed'),
    env: text('the environment').optional(),
    who: text('the operator: `user@machine`'),
    limit: text('as given with `--limit`').optional(),
    tags: text('as given with `--tags`').optional(),
    verbose: flag('whether details are printed'),
  }),
  'hosts-planned': z.object({
    env: text('the environment'),
    changes: z
      .array(
        z.object({
          action: change.action,
          what: text('in the words of the provider: `host ws-1`'),
          detail: text('more about it').optional(),
        }),
      )
      .describe('what the provider is about to do, so that the hosts exist'),
  }),
  learning: z.object({
    hosts: z.array(z.string()).describe('the hosts that are asked now'),
    what: text('what they are asked for'),
  }),
  learned: z.object({
    host,
    resources: count('how many resources were read'),
    checks: count('how many checks were asked'),
    ms,
  }),
  plan: z.object({
    hosts: z
      .array(
        z.object({
          host,
          ok: count('resources that are as wanted'),
          changes: z.array(planned).describe('in the order in which they are made'),
        }),
      )
      .describe('every host that could be read'),
    pending: count('changes of all hosts'),
  }),
  unchanged: z.object({
    pending: count('changes that were planned and not made'),
    check: flag('whether that is because of `--check`'),
    unread: count('hosts of which nothing is known, because they could not be read'),
  }),
  confirmed: z.object({
    what: text('what was agreed to'),
    how: z.enum(['flag', 'typed', 'saved']).describe('`--yes`, the name of the environment, or a saved plan'),
  }),
  'play-started': z.object({
    play: text('its title'),
    hosts: z.array(z.string()).describe('the hosts that it changes'),
    strategy: z.enum(['parallel', 'rolling']).describe('all at once, or one by one'),
  }),
  preparing: z.object({ host, role, resource: change.resource }),
  'step-started': z.object(step),
  'step-slow': z.object(step),
  'step-done': z.object({ ...step, ms, audit: audit.optional() }),
  'step-failed': z.object({
    ...step,
    exitStatus: z.number().int().describe('124 when its time was up').optional(),
    ms,
    audit: audit.optional(),
  }),
  'run-recorded': z.object({ host, audit }),
  'role-done': z.object({
    host,
    role,
    changed: count('resources that were changed in one go'),
    last: text('the last of them'),
    ms,
  }),
  'host-done': z.object({
    host,
    play: text('the title of the play'),
    changed: count('resources that were changed'),
    ms,
  }),
  'host-failed': z.object({
    host,
    name: text('the error’s stable name, see [errors.md](errors.md)'),
    exit: count('the exit code that goes with it'),
    message: text('what is wrong, in one line'),
    role: role.optional(),
    resource: change.resource.optional(),
  }),
  checks: z.object({
    during: z
      .enum(['preflight', 'deploy', 'verify'])
      .describe('before the first change, after the last one, or on their own'),
    outcomes: z.array(outcome).describe('of every check that was asked'),
  }),
  'gate-started': z.object({ host, title: text('what is to be shown') }),
  gate: z.object({ ...outcome.shape, ms }),
  recap: z.object({ hosts: z.array(recap).describe('every host of the run'), ms }),
  failed: z.object({
    name: text('the error’s stable name, see [errors.md](errors.md)'),
    exit: count('the exit code that goes with it'),
    message: text('what is wrong'),
    host: host.optional(),
    role: role.optional(),
    resource: text('the resource or the check').optional(),
    command: text('what was run').optional(),
    exitStatus: z.number().int().describe('how it ended').optional(),
    lastLines: text('the last lines that it printed').optional(),
    next: text('the command to type').optional(),
  }),
  'run-ended': z.object({ exit: count('the exit code of the script'), ms }),
  began: z.object({ where, text: text('what began, or was learnt') }),
  done: z.object({ where, text: text('what ended well'), ms: ms.optional() }),
  warned: z.object({ where, text: text('what the reader should know') }),
  detail: z.object({ where, text: text('what is printed with `--verbose`') }),
  heading: z.object({ text: text('of what follows') }),
  'audit-log': z.object({ host, entries: z.array(auditEntry).describe('the newest lines, oldest first') }),
  text: z.object({ text: text('lines as they are: a table, a log') }),
} as const satisfies Record<string, z.ZodObject>;

export type EventType = keyof typeof EVENTS;

/** What happened, without when and in which run. */
export type EventBody = { [Type in EventType]: { type: Type } & z.infer<(typeof EVENTS)[Type]> }[EventType];
export type BodyOf<Type extends EventType> = Extract<EventBody, { type: Type }>;

/** One line of the stream. */
export type RunEvent = { v: typeof EVENT_VERSION; ts: string; run: string } & EventBody;
