#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { runTests } = await import('../tests/support/run.ts');

await main({
  name: 'test',
  about: 'Runs every test: unit, with a real broker, and on real hosts. Installs what they need.',
  flags: {},
  positionals: ['project…'],
  run: (_flags, projects, report) => runTests(projects, report),
});
