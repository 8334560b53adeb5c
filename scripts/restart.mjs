#!/usr/bin/env zx
import { main } from '../engine/cli/command.ts';
import { containerFlags, runVerb } from '../playbooks/containers.ts';
import { providers } from '../providers/providers.ts';

await main({
  name: 'restart',
  about: 'Restarts containers, one host after the other.',
  flags: containerFlags,
  run: (flags, _words, report) => runVerb('restart', flags, providers, report),
});
