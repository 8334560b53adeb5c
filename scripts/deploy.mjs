#!/usr/bin/env zx
import { main } from '../engine/cli/command.ts';
import { runDeploy, runFlags } from '../playbooks/run.ts';
import { providers } from '../providers/providers.ts';

await main({
  name: 'deploy',
  about: 'Makes an environment what its inventory says: plan, confirm, apply, verify.',
  flags: runFlags,
  run: (flags, _words, report) => runDeploy(flags, providers, report),
});
