import type { Flags } from '#engine/cli/command.ts';
import { type Inventory, inGroup } from '#engine/inventory/inventory.ts';
import { type Reporter, seconds } from '#engine/report/reporter.ts';
import { runPlaybook } from '#engine/run.ts';
import { showStatus } from './containers.ts';
import { deploy } from './deploy.ts';
import { envOf, type Providers, provisionEnvironment } from './environment.ts';
import { runOptions } from './run.ts';

/** Boots the hosts of a sandbox and deploys everything to them. Nobody is asked: the machine is the operator's own. */
export async function runSandbox(flags: Flags, providers: Providers, report: Reporter): Promise<number> {
  const began = Date.now();
  const { inventory } = await provisionEnvironment(envOf(flags), providers, report);
  const code = await runPlaybook(deploy, inventory, await runOptions({ ...flags, yes: true }, inventory, report));
  if (code !== 0) return code;
  report.heading('what runs where');
  await showStatus(inventory, report);
  report.lines(`\n${signpost(inventory)}\n\nReady in ${seconds(Date.now() - began)}.`);
  return 0;
}

/** Where to look next, with the commands to type. */
function signpost(inventory: Inventory): string {
  const { env, file } = inventory;
  const which = env === 'sandbox' ? '' : ` ENV=${env}`;
  const [balancer] = inGroup(inventory, 'lb');
  const published = balancer ? file.sandbox?.publish[balancer.name]?.[0] : undefined;
  const port = published?.split(':').at(-2);
  const rows: [string, string][] = [
    ...(port
      ? [
          ['the live page', `http://localhost:${port}/`] as [string, string],
          ['as a client', `ws://localhost:${port}/ws?token=BTC`] as [string, string],
        ]
      : []),
    ['watch', `make status${which} · make logs${which} · make topics consume TOPIC=odin.trades${which}`],
    ['check', `make verify${which} · make plan${which}`],
    ['log in', `make ssh${which} LIMIT=ws-1`],
    ['the publisher', `make publisher${which} · make publisher stop${which}`],
    ['stop and remove', `make sandbox-down${which}`],
  ];
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}
