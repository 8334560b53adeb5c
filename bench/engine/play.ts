import { writeFileSync } from 'node:fs';
import type { Flags } from '#engine/cli/command.ts';
import { KitError } from '#engine/errors.ts';
import { inventoryFolder } from '#engine/inventory/folder.ts';
import { loadInventoryFile } from '#engine/inventory/load.ts';
import { resolveInventory } from '#engine/inventory/resolve.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import { runPlaybook, schemasOf } from '#engine/run.ts';
import { readSecretFile } from '#engine/secrets/secret-file.ts';
import { staticProvider } from '#providers/static/provider.ts';
import { benchPlaybook, benchRole } from './role.ts';

/** Where the process leaves its peak of memory, in KiB, for whoever measures it. */
export const PEAK_FILE = 'ODIN_BENCH_PEAK';

/** The workload's playbook on hosts that exist, the way that `scripts/deploy.mjs` runs the kit's own. */
export async function runPlay(flags: Flags, report: Reporter): Promise<number> {
  const peak = process.env[PEAK_FILE];
  if (peak) process.on('exit', () => writeFileSync(peak, String(process.resourceUsage().maxRSS)));
  const env = String(flags.env);
  const schemas = schemasOf([benchRole]);
  const file = loadInventoryFile(inventoryFolder(), env, schemas);
  const reach = await staticProvider.reach({ env, file });
  const inventory = resolveInventory(env, file, reach, schemas, readSecretFile(env));
  return runPlaybook(benchPlaybook, inventory, {
    check: false,
    diff: false,
    yes: true,
    detailedExitcode: true,
    report,
    services: {
      deliver: () => Promise.reject(new KitError('internal', 'the workload has no image')),
      secret: () => Promise.reject(new KitError('internal', 'the workload has no secret')),
    },
    image: (name) => name,
  });
}
