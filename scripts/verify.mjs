#!/usr/bin/env zx
import { main } from '../engine/cli/command.ts';
import { runVerify, verifyFlags } from '../playbooks/run.ts';
import { providers } from '../providers/providers.ts';

await main({
  name: 'verify',
  about: 'Asks every check of every role, then the gate.',
  flags: verifyFlags,
  run: (flags, _words, report) => runVerify(flags, providers, report),
});
