#!/usr/bin/env zx
import { main } from '../engine/cli/command.ts';
import { containerFlags } from '../playbooks/containers.ts';
import { runUnlock } from '../playbooks/unlock.ts';
import { providers } from '../providers/providers.ts';

await main({
  name: 'unlock',
  about: 'Says who has the lock of each host, what they do and since when; breaks it when told to.',
  flags: { env: containerFlags.env, limit: containerFlags.limit, yes: containerFlags.yes },
  run: (flags, _words, report) => runUnlock(flags, providers, report),
});
