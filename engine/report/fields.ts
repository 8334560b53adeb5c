import { z } from 'zod';

/** Parts of events, each field with what it means: `docs/events.md` shows the same words, and a test holds the two together. */

export const text = (means: string) => z.string().describe(means);
export const count = (means: string) => z.number().int().nonnegative().describe(means);
export const flag = (means: string) => z.boolean().describe(means);
/** Milliseconds. */
export const ms = count('how long it took, in milliseconds');
export const host = text('the host');
/** Where something happens that is not only a host's: `local` is the operator's machine. */
export const where = text('a host, or `local`');
export const role = text('the role that wants it');

/** What would change, or did: the words of the plan. */
export const change = {
  role,
  resource: text('`file /etc/docker/daemon.json`: unique on its host'),
  action: z.enum(['+', '~', '-']).describe('`+` comes to be, `~` changes, `-` goes'),
  summary: text('what differs, in one line; never a secret'),
};

/** One resource of a plan. `?` where its state cannot be read yet. */
export const planned = z.object({
  role,
  resource: change.resource,
  action: z.enum(['+', '~', '-', '?']).describe('`+` comes to be, `~` changes, `-` goes, `?` is not known yet'),
  summary: text('what differs, in one line; never a secret').optional(),
  knownAfter: text('with `?`: what must be there before its state can be read').optional(),
  parts: z.array(z.string()).describe('a line each where a resource is several things: `- conf.d/old.conf`').optional(),
  patch: text('with `--diff`: the hunks of a unified diff, where there are texts and they are no secret').optional(),
});

/** What a check found. */
export const outcome = z.object({
  host,
  role: text('the role that owns the check'),
  check: text('its stable name: `broker.reachable`'),
  title: text('what is true when it passes'),
  severity: z.enum(['critical', 'warning']).describe('a critical one that fails stops the run'),
  ok: flag('whether it passed'),
  note: text('more about one that passed').optional(),
  message: text('what is wrong').optional(),
  lastLines: text('the evidence').optional(),
  next: text('the command to type').optional(),
});

/** What became of one host, in the words that Ansible's users know, and what it took. */
export const recap = z.object({
  host,
  ok: count('resources that were as wanted'),
  changed: count('resources that were changed'),
  failed: count('1 if the host failed'),
  unreachable: count('1 if the host could not be reached, or refused the login'),
  executions: count('programs that were run on it'),
  tunnels: count('tunnels that were opened through it'),
});

export type PlannedChange = z.infer<typeof planned>;
export type CheckOutcome = z.infer<typeof outcome>;
export type HostRecap = z.infer<typeof recap>;
