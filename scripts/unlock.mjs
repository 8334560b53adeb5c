#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { containerFlags } = await import('../playbooks/containers.ts');
const { runUnlock } = await import('../playbooks/unlock.ts');
const { providers } = await import('../providers/providers.ts');

await main({
  name: 'unlock',
  about: 'Says who has the lock of each host, what they do and since when; breaks it when told to.',
  flags: { env: containerFlags.env, limit: containerFlags.limit, yes: containerFlags.yes },
  run: (flags, _words, report) => runUnlock(flags, providers, report),
});
