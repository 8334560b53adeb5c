#!/usr/bin/env zx
import { main } from '../engine/cli/command.ts';
import { runDeploy, runFlags } from '../playbooks/run.ts';
import { providers } from '../providers/providers.ts';

await main({
  name: 'plan',
  about: 'Shows what a deploy would change, and changes nothing.',
  flags: runFlags,
  run: (flags, _words, report) => runDeploy({ ...flags, check: true }, providers, report),
});
