#!/usr/bin/env zx
import { main } from '../engine/cli/command.ts';
import { logsFlags, runLogs } from '../playbooks/containers.ts';
import { providers } from '../providers/providers.ts';

await main({
  name: 'logs',
  about: "Shows the last lines of the containers' logs.",
  flags: logsFlags,
  run: (flags, _words, report) => runLogs(flags, providers, report),
});
