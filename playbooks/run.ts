import type { Flag, Flags } from '#engine/cli/command.ts';
import { KitError } from '#engine/errors.ts';
import type { Inventory } from '#engine/inventory/inventory.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import { isImage } from '#engine/resources/image.ts';
import { type RunOptions, runPlaybook } from '#engine/run.ts';
import { runChecks } from '#engine/verify.ts';
import { type Delivery, deliveryByBuild } from '#fleet/deliver/delivery.ts';
import { deliveryByRegistry } from '#fleet/deliver/pinned.ts';
import { REGISTRY_PASSWORD, REGISTRY_USER } from '#roles/registry/login.ts';
import { secretOf } from '#roles/secrets/read-back.ts';
import { deploy } from './deploy.ts';
import { envOf, extraFlag, extrasOf, openEnvironment, type Providers } from './environment.ts';

/** The flags of everything that plans and applies. */
export const runFlags = {
  env: { value: 'NAME', help: 'the environment: inventory/NAME.yml' },
  limit: { value: 'HOSTS', help: 'only these hosts or groups, comma-separated' },
  tags: { value: 'ROLES', help: 'only these roles, comma-separated' },
  extra: extraFlag,
  check: { help: 'show the plan and change nothing' },
  diff: { help: 'show the texts that differ' },
  yes: { help: 'do not ask' },
  out: { value: 'FILE', help: 'save the plan' },
  plan: { value: 'FILE', help: 'apply exactly the plan that was saved; refused when a host has moved on' },
  wait: { value: 'SECONDS', help: "wait this long for somebody else's lock" },
  'any-errors-fatal': { help: 'stop everything at the first host that fails' },
  'detailed-exitcode': { help: 'exit 10 when something changed or would change' },
} as const satisfies Record<string, Flag>;

/** Where images come from. In a sandbox `auto` takes what is pinned, and builds where nothing is. */
function deliveryOf(inventory: Inventory, report: Reporter): Promise<Delivery> | Delivery {
  const { from, pinned } = inventory.file.images;
  if (from === 'registry' || (from === 'auto' && Object.keys(pinned).length > 0)) return deliveryByRegistry(inventory);
  return deliveryByBuild(inventory, { user: REGISTRY_USER, secret: REGISTRY_PASSWORD }, report);
}

function optional<Name extends string>(name: Name, value: string | undefined): { [key in Name]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { [key in Name]?: string };
}

function secondsOf(text: string | undefined): number {
  const seconds = Number(text ?? 0);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds;
  throw new KitError('usage', `--wait takes seconds, not "${text}"`);
}

/** Flags as the options of a run in one environment. */
export async function runOptions(flags: Flags, inventory: Inventory, report: Reporter): Promise<RunOptions> {
  const delivery = await deliveryOf(inventory, report);
  const text = (name: string): string | undefined => (typeof flags[name] === 'string' ? flags[name] : undefined);
  const limit = text('limit');
  const tags = text('tags');
  return {
    check: flags.check === true,
    diff: flags.diff === true,
    yes: flags.yes === true,
    detailedExitcode: flags['detailed-exitcode'] === true,
    anyErrorsFatal: flags['any-errors-fatal'] === true,
    waitSeconds: secondsOf(text('wait')),
    ...optional('out', text('out')),
    ...optional('plan', text('plan')),
    ...(limit ? { limit } : {}),
    ...(tags ? { tags } : {}),
    report,
    image: delivery.reference,
    onApply: (resources) => delivery.begin(resources.filter(isImage).map(({ args }) => args.reference)),
    services: {
      deliver: delivery.deliver,
      secret: secretOf,
    },
  };
}

export async function runDeploy(flags: Flags, providers: Providers, report: Reporter): Promise<number> {
  const { inventory } = await openEnvironment(envOf(flags), providers, extrasOf(flags));
  return runPlaybook(deploy, inventory, await runOptions(flags, inventory, report));
}

export const verifyFlags = { env: runFlags.env, limit: runFlags.limit, tags: runFlags.tags } as const;

/** Every check that roles own for a running system, then the gate. */
export async function runVerify(flags: Flags, providers: Providers, report: Reporter): Promise<number> {
  const { inventory } = await openEnvironment(envOf(flags), providers);
  return runChecks(deploy, inventory, ['verify'], await runOptions(flags, inventory, report));
}

/** The roles that run an image of ours. */
const IMAGE_ROLES = 'broker,publisher,ws-server,metrics,gate';

/** Builds the images whose sources changed, and deploys what came out different. */
export function runRebuild(flags: Flags, providers: Providers, report: Reporter): Promise<number> {
  return runDeploy({ tags: IMAGE_ROLES, ...flags }, providers, report);
}
