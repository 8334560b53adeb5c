/** What controller.mjs does with its flags. */

import { readFileSync } from 'node:fs';
import { NO_SERVICES } from '#engine/adhoc.ts';
import type { Flag, Flags } from '#engine/cli/command.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import { runPlaybook } from '#engine/run.ts';
import { openEnvironment } from '#playbooks/environment.ts';
import { providers } from '#providers/providers.ts';
import { bookOf, type Wanted } from './book.ts';

export const wantedFlag: Flag = { value: 'FILE', help: 'JSON: the items of each host' };

export async function runWanted(flags: Flags, report: Reporter): Promise<number> {
  const text = (name: string): string | undefined => (typeof flags[name] === 'string' ? flags[name] : undefined);
  const wanted = JSON.parse(readFileSync(text('wanted') ?? '', 'utf8')) as Wanted;
  const { inventory } = await openEnvironment(text('env') ?? '', providers);
  const [out, plan] = [text('out'), text('plan')];
  return runPlaybook(bookOf(wanted), inventory, {
    check: flags.check === true,
    diff: flags.diff === true,
    yes: flags.yes === true,
    detailedExitcode: flags['detailed-exitcode'] === true,
    waitSeconds: Number(text('wait') ?? 0),
    limit: Object.keys(wanted).join(','),
    ...(out ? { out } : {}),
    ...(plan ? { plan } : {}),
    report,
    services: NO_SERVICES,
    image: (name) => name,
  });
}
