#!/usr/bin/env zx
import { main } from '../engine/cli/command.ts';
import { runTests } from '../tests/support/run.ts';

await main({
  name: 'test',
  about: 'Runs every test: unit, with a real broker, and on real hosts. Installs what they need.',
  flags: {},
  positionals: ['project…'],
  run: (_flags, projects, report) => runTests(projects, report),
});
