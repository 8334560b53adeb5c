#!/usr/bin/env zx
import { main } from '../engine/cli/command.ts';
import { containerFlags } from '../playbooks/containers.ts';
import { runSsh } from '../playbooks/login.ts';
import { providers } from '../providers/providers.ts';

await main({
  name: 'ssh',
  about: 'Prints the command that logs in to each host.',
  flags: { env: containerFlags.env, limit: containerFlags.limit },
  run: (flags, _words, report) => runSsh(flags, providers, report),
});
