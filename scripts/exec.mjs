#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { execFlags, runExec } = await import('../playbooks/exec.ts');
const { providers } = await import('../providers/providers.ts');

await main({
  name: 'exec',
  about:
    'Runs a command as root on hosts: a line of shell as one word, or a command and its arguments. It goes on record there.',
  flags: execFlags,
  rest: 'COMMAND',
  run: (flags, _words, report, command) => runExec(flags, command, providers, report),
});
