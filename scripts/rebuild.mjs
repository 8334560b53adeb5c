#!/usr/bin/env zx
import { main } from '../engine/cli/command.ts';
import { runFlags, runRebuild } from '../playbooks/run.ts';
import { providers } from '../providers/providers.ts';

await main({
  name: 'rebuild',
  about: 'Builds the images whose sources changed, and deploys what came out different.',
  flags: runFlags,
  run: (flags, _words, report) => runRebuild(flags, providers, report),
});
