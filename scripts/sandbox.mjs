#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { runSandbox } = await import('../playbooks/sandbox.ts');
const { providers } = await import('../providers/providers.ts');

await main({
  name: 'sandbox',
  about: 'Boots bare hosts on this machine and deploys the whole system to them.',
  flags: { env: { value: 'NAME', help: 'the sandbox: inventory/NAME.yml (default: sandbox)' } },
  run: (flags, _words, report) => runSandbox({ env: 'sandbox', ...flags }, providers, report),
});
