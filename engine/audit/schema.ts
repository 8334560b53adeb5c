import { z } from 'zod';
import { AUDIT_VERSION } from './entry.ts';

/**
 * One line of a host's audit log: a resource that a run changed there, or tried to, the end of a run that changed
 * something, and what a person ran there by hand. The order of the fields is that of the line.
 */
export const auditEntry = z.object({
  v: z.literal(AUDIT_VERSION).describe('the version of the audit log'),
  ts: z.iso.datetime().describe('when it had happened, by the host’s clock (UTC, seconds)'),
  run: z.string().describe('the run, as in its events'),
  who: z.string().describe('the operator: `user@machine`'),
  command: z.string().describe('as it was typed: `deploy --env prod`'),
  env: z.string().describe('the environment'),
  commit: z.string().describe('of the kit; ends in `-dirty` where files differed from it').optional(),
  what: z
    .enum(['change', 'run', 'command'])
    .describe('one resource, the run on this host as a whole, or a command by hand: `exec`, `restart`'),
  play: z.string().describe('the title of the play').optional(),
  role: z.string().describe('the role that wants it').optional(),
  resource: z.string().describe('`file /etc/docker/daemon.json`').optional(),
  action: z.enum(['+', '~', '-']).describe('`+` came to be, `~` changed, `-` went').optional(),
  summary: z.string().describe('what differed').optional(),
  changed: z.number().int().nonnegative().describe('of a run: how many resources it changed here').optional(),
  result: z.enum(['ok', 'failed']).describe('of a run: whether every change that was begun here ended well'),
  exit: z
    .number()
    .int()
    .describe(
      'of the change or the command, 124 when its time was up; of a run: the exit code of what failed on this host, else 0',
    ),
});
