#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { runDeploy, runFlags } = await import('../playbooks/run.ts');
const { providers } = await import('../providers/providers.ts');

await main({
  name: 'plan',
  about: 'Shows what a deploy would change, and changes nothing.',
  flags: runFlags,
  run: (flags, _words, report) => runDeploy({ ...flags, check: true }, providers, report),
});
