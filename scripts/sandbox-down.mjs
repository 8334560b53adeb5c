#!/usr/bin/env zx
import { main } from '../engine/cli/command.ts';
import { down } from '../providers/sandbox/down.ts';

await main({
  name: 'sandbox-down',
  about: 'Removes a sandbox: its hosts, their data, its network. Caches stay.',
  flags: { env: { value: 'NAME', help: 'the sandbox: inventory/NAME.yml (default: sandbox)' } },
  async run(flags, _words, report) {
    await down(String(flags.env ?? 'sandbox'), report);
    return 0;
  },
});
