#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { containerFlags, runStatus } = await import('../playbooks/containers.ts');
const { providers } = await import('../providers/providers.ts');

await main({
  name: 'status',
  about: 'Shows what runs where.',
  flags: { env: containerFlags.env, limit: containerFlags.limit },
  run: (flags, _words, report) => runStatus(flags, providers, report),
});
