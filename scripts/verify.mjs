#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { runVerify, verifyFlags } = await import('../playbooks/run.ts');
const { providers } = await import('../providers/providers.ts');

await main({
  name: 'verify',
  about: 'Asks every check of every role, then the gate.',
  flags: verifyFlags,
  run: (flags, _words, report) => runVerify(flags, providers, report),
});
