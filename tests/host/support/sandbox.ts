/** The two hosts that all files share: gone before the first and after the last. E2E_KEEP=1 leaves them as they are. */

import { lineReporter } from '#engine/report/reporter.ts';
import { provisionEnvironment } from '#playbooks/environment.ts';
import { providers } from '#providers/providers.ts';
import { down } from '#providers/sandbox/down.ts';
import { takeTurn } from '../../e2e/support/turn.ts';
import { ENV } from './box.ts';

const report = lineReporter((line) => process.stderr.write(`${line}\n`), false);
const keep = process.env.E2E_KEEP === '1';
let leave: () => void = () => undefined;

export async function setup(): Promise<void> {
  leave = await takeTurn(`odin-deploy/${ENV}`, (text) => report.step('local', text));
  if (!keep) await down(ENV, report);
  await provisionEnvironment(ENV, providers, report);
}

export async function teardown(): Promise<void> {
  if (keep) process.stderr.write(`\nE2E_KEEP=1: the hosts stay; npx zx scripts/sandbox-down.mjs --env ${ENV}\n`);
  else await down(ENV, report);
  leave();
}
