#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { containerFlags } = await import('../playbooks/containers.ts');
const { runSsh } = await import('../playbooks/login.ts');
const { providers } = await import('../providers/providers.ts');

await main({
  name: 'ssh',
  about: 'Prints the command that logs in to each host.',
  flags: { env: containerFlags.env, limit: containerFlags.limit },
  run: (flags, _words, report) => runSsh(flags, providers, report),
});
