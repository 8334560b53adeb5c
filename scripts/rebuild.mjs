#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { runFlags, runRebuild } = await import('../playbooks/run.ts');
const { providers } = await import('../providers/providers.ts');

await main({
  name: 'rebuild',
  about: 'Builds the images whose sources changed, and deploys what came out different.',
  flags: runFlags,
  run: (flags, _words, report) => runRebuild(flags, providers, report),
});
