#!/usr/bin/env zx
import { main } from '../engine/cli/command.ts';
import { containerFlags } from '../playbooks/containers.ts';
import { runTrust } from '../playbooks/trust.ts';
import { providers } from '../providers/providers.ts';

await main({
  name: 'trust',
  about: "Reads the hosts' keys, shows their fingerprints and pins them.",
  flags: { env: containerFlags.env, limit: containerFlags.limit, yes: containerFlags.yes },
  run: (flags, _words, report) => runTrust(flags, providers, report),
});
