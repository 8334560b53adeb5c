#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { containerFlags, runVerb } = await import('../playbooks/containers.ts');
const { providers } = await import('../providers/providers.ts');

await main({
  name: 'stop',
  about: 'Stops containers; their data stays.',
  flags: containerFlags,
  run: (flags, _words, report) => runVerb('stop', flags, providers, report),
});
