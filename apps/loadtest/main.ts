/** The load test: see `--help`. */

import { EXIT_CONFIGURATION, messageOf } from '@odin/runtime';
import { FlagsError, HELP, readFlags } from './flags.ts';
import type { LoadPlan } from './plan.ts';
import { runLoad } from './run.ts';
import { resolveTarget, TargetError } from './target.ts';
import { report, Terminal } from './view.ts';

async function main(): Promise<number> {
  const flags = readFlags(process.argv.slice(2));
  if (flags.help) {
    console.log(HELP);
    return 0;
  }
  const target = await resolveTarget(flags.url, flags.owned);
  if (flags.sources > 1 && !target.loopback) throw new TargetError('--sources: only for a target on loopback');
  const { clients, tokens, tokensPerClient, ramp, every, stall, sources, seconds, brokers } = flags;
  const query = `token={tokens}${flags.events.length > 0 ? `&events=${flags.events.join(',')}` : ''}`;
  const workers = Math.min(flags.workers, clients);
  const plan: LoadPlan = { target, query, clients, tokens, tokensPerClient, ramp, every, stall, workers, sources };
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  const terminal = new Terminal(flags.json ? process.stderr : process.stdout);
  const result = await runLoad({
    plan,
    seconds,
    settleSeconds: flags.settle,
    brokers,
    onSnapshot: terminal.show,
    signal: stop.signal,
  });
  console.log(flags.json ? JSON.stringify(result) : `\n${report(result)}`);
  return result.ok ? 0 : 1;
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(messageOf(error));
  return error instanceof FlagsError || error instanceof TargetError ? EXIT_CONFIGURATION : 1;
});
