#!/usr/bin/env zx
import { main } from '../engine/cli/command.ts';
import { containerFlags, runVerb } from '../playbooks/containers.ts';
import { providers } from '../providers/providers.ts';

await main({
  name: 'stop',
  about: 'Stops containers; their data stays.',
  flags: containerFlags,
  run: (flags, _words, report) => runVerb('stop', flags, providers, report),
});
