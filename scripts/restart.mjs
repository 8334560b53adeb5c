#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { containerFlags, runVerb } = await import('../playbooks/containers.ts');
const { providers } = await import('../providers/providers.ts');

await main({
  name: 'restart',
  about: 'Restarts containers, one host after the other.',
  flags: containerFlags,
  run: (flags, _words, report) => runVerb('restart', flags, providers, report),
});
