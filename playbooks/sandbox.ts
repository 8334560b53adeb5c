import type { Flags } from '#engine/cli/command.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import { runPlaybook } from '#engine/run.ts';
import { deploy } from './deploy.ts';
import { envOf, type Providers, provisionEnvironment } from './environment.ts';
import { runOptions } from './run.ts';

/** Boots the hosts of a sandbox and deploys everything to them. Nobody is asked: the machine is the operator's own. */
export async function runSandbox(flags: Flags, providers: Providers, report: Reporter): Promise<number> {
  const { inventory } = await provisionEnvironment(envOf(flags), providers, report);
  return runPlaybook(deploy, inventory, await runOptions({ ...flags, yes: true }, inventory, report));
}
