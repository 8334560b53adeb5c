#!/usr/bin/env zx
import { runBench } from '../bench/bench.ts';
import { main } from '../engine/cli/command.ts';

await main({
  name: 'bench',
  about: 'Measures: prints a table, and as its last line RESULT with every goal.',
  flags: {},
  positionals: ['name'],
  run: (_flags, [name], report) => runBench(name, report),
});
