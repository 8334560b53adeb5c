#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { down } = await import('../providers/sandbox/down.ts');

await main({
  name: 'sandbox-down',
  about: 'Removes a sandbox: its hosts, their data, its network. Caches stay.',
  flags: { env: { value: 'NAME', help: 'the sandbox: inventory/NAME.yml (default: sandbox)' } },
  async run(flags, _words, report) {
    await down(String(flags.env ?? 'sandbox'), report);
    return 0;
  },
});
