import { NO_SERVICES } from '#engine/adhoc.ts';
import type { Flags } from '#engine/cli/command.ts';
import { selectHosts } from '#engine/inventory/select.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import { Session } from '#engine/session.ts';
import { envOf, openEnvironment, type Providers } from './environment.ts';

/** Prints the command that logs in to each host, with the keys that the kit itself would accept. */
export async function runSsh(flags: Flags, providers: Providers, report: Reporter): Promise<number> {
  const { inventory } = await openEnvironment(envOf(flags), providers);
  const session = new Session(inventory, report, NO_SERVICES);
  for (const host of selectHosts(inventory, typeof flags.limit === 'string' ? flags.limit : 'all')) {
    report.lines(`# ${host.name}\n${session.connection(host).loginCommand()}`);
  }
  return 0;
}
