#!/usr/bin/env zx
import { main } from '../engine/cli/command.ts';
import { runSandbox } from '../playbooks/sandbox.ts';
import { providers } from '../providers/providers.ts';

await main({
  name: 'sandbox',
  about: 'Boots bare hosts on this machine and deploys the whole system to them.',
  flags: { env: { value: 'NAME', help: 'the sandbox: inventory/NAME.yml (default: sandbox)' } },
  run: (flags, _words, report) => runSandbox({ env: 'sandbox', ...flags }, providers, report),
});
