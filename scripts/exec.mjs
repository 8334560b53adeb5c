#!/usr/bin/env zx
import { main } from '../engine/cli/command.ts';
import { execFlags, runExec } from '../playbooks/exec.ts';
import { providers } from '../providers/providers.ts';

await main({
  name: 'exec',
  about: 'Runs a command as root on hosts: a line of shell as one word, or a command and its arguments.',
  flags: execFlags,
  rest: 'COMMAND',
  run: (flags, _words, report, command) => runExec(flags, command, providers, report),
});
