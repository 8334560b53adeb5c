#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { runDeploy, runFlags } = await import('../playbooks/run.ts');
const { providers } = await import('../providers/providers.ts');

await main({
  name: 'deploy',
  about: 'Makes an environment what its inventory says: plan, confirm, apply, verify.',
  flags: runFlags,
  run: (flags, _words, report) => runDeploy(flags, providers, report),
});
