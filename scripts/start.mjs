#!/usr/bin/env zx
import { main } from '../engine/cli/command.ts';
import { containerFlags, runVerb } from '../playbooks/containers.ts';
import { providers } from '../providers/providers.ts';

await main({
  name: 'start',
  about: 'Starts containers that are stopped.',
  flags: containerFlags,
  run: (flags, _words, report) => runVerb('start', flags, providers, report),
});
