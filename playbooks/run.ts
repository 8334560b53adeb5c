import type { Flag, Flags } from '#engine/cli/command.ts';
import { KitError } from '#engine/errors.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import { type RunOptions, runPlaybook } from '#engine/run.ts';
import { deploy } from './deploy.ts';
import { envOf, openEnvironment, type Providers } from './environment.ts';

/** The flags of everything that plans and applies. */
export const runFlags = {
  env: { value: 'NAME', help: 'the environment: inventory/NAME.yml' },
  limit: { value: 'HOSTS', help: 'only these hosts or groups, comma-separated' },
  tags: { value: 'ROLES', help: 'only these roles, comma-separated' },
  check: { help: 'show the plan and change nothing' },
  diff: { help: 'show the texts that differ' },
  yes: { help: 'do not ask' },
  'detailed-exitcode': { help: 'exit 10 when something changed or would change' },
} as const satisfies Record<string, Flag>;

/** Flags as the options of a run. */
export function runOptions(flags: Flags, report: Reporter): RunOptions {
  const text = (name: string): string | undefined => (typeof flags[name] === 'string' ? flags[name] : undefined);
  const limit = text('limit');
  const tags = text('tags');
  return {
    check: flags.check === true,
    diff: flags.diff === true,
    yes: flags.yes === true,
    detailedExitcode: flags['detailed-exitcode'] === true,
    ...(limit ? { limit } : {}),
    ...(tags ? { tags } : {}),
    report,
    image: (name) => name,
    services: {
      deliver: async () => {
        throw new KitError('internal', 'no images');
      },
      secret: async () => {
        throw new KitError('internal', 'no secrets');
      },
    },
  };
}

export async function runDeploy(flags: Flags, providers: Providers, report: Reporter): Promise<number> {
  const { inventory } = await openEnvironment(envOf(flags), providers);
  return runPlaybook(deploy, inventory, runOptions(flags, report));
}
