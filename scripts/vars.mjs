#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { runVars, varsFlags } = await import('../playbooks/vars.ts');

await main({
  name: 'vars',
  about: 'Says what each variable of a host is and where its value comes from.',
  flags: varsFlags,
  run: (flags, _words, report) => runVars(flags, report),
});
