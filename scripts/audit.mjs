#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { auditFlags, runAudit } = await import('../playbooks/audit.ts');
const { providers } = await import('../providers/providers.ts');

await main({
  name: 'audit',
  about: 'Shows who changed what on each host, when, and how it ended.',
  flags: auditFlags,
  run: (flags, _words, report) => runAudit(flags, providers, report),
});
