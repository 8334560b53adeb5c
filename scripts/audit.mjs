#!/usr/bin/env zx
import { main } from '../engine/cli/command.ts';
import { auditFlags, runAudit } from '../playbooks/audit.ts';
import { providers } from '../providers/providers.ts';

await main({
  name: 'audit',
  about: 'Shows who changed what on each host, when, and how it ended.',
  flags: auditFlags,
  run: (flags, _words, report) => runAudit(flags, providers, report),
});
