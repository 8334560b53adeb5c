#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { runShell, shellFlags } = await import('../playbooks/shell.ts');
const { providers } = await import('../providers/providers.ts');

await main({
  name: 'shell',
  about: 'Logs in to one host, as the deploy user.',
  flags: shellFlags,
  positionals: ['host'],
  run: (flags, [host], report) => runShell(flags, host, providers, report),
});
