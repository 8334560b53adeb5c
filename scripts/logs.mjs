#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { logsFlags, runLogs } = await import('../playbooks/containers.ts');
const { providers } = await import('../providers/providers.ts');

await main({
  name: 'logs',
  about: "Shows the last lines of the containers' logs.",
  flags: logsFlags,
  run: (flags, _words, report) => runLogs(flags, providers, report),
});
