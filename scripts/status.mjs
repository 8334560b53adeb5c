#!/usr/bin/env zx
import { main } from '../engine/cli/command.ts';
import { containerFlags, runStatus } from '../playbooks/containers.ts';
import { providers } from '../providers/providers.ts';

await main({
  name: 'status',
  about: 'Shows what runs where.',
  flags: { env: containerFlags.env, limit: containerFlags.limit },
  run: (flags, _words, report) => runStatus(flags, providers, report),
});
