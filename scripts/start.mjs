#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { containerFlags, runVerb } = await import('../playbooks/containers.ts');
const { providers } = await import('../providers/providers.ts');

await main({
  name: 'start',
  about: 'Starts containers that are stopped.',
  flags: containerFlags,
  run: (flags, _words, report) => runVerb('start', flags, providers, report),
});
