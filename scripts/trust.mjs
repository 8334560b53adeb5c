#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { containerFlags } = await import('../playbooks/containers.ts');
const { runTrust } = await import('../playbooks/trust.ts');
const { providers } = await import('../providers/providers.ts');

await main({
  name: 'trust',
  about: "Reads the hosts' keys, shows their fingerprints and pins them.",
  flags: { env: containerFlags.env, limit: containerFlags.limit, yes: containerFlags.yes },
  run: (flags, _words, report) => runTrust(flags, providers, report),
});
