#!/usr/bin/env zx
import { main } from '../engine/cli/command.ts';
import { runShell, shellFlags } from '../playbooks/shell.ts';
import { providers } from '../providers/providers.ts';

await main({
  name: 'shell',
  about: 'Logs in to one host, as the deploy user.',
  flags: shellFlags,
  positionals: ['host'],
  run: (flags, [host], report) => runShell(flags, host, providers, report),
});
