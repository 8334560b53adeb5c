#!/usr/bin/env zx
import { main } from '../engine/cli/command.ts';
import { runVars, varsFlags } from '../playbooks/vars.ts';

await main({
  name: 'vars',
  about: 'Says what each variable of a host is and where its value comes from.',
  flags: varsFlags,
  run: (flags, _words, report) => runVars(flags, report),
});
