#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { runBench } = await import('../bench/bench.ts');
const { main } = await import('../engine/cli/command.ts');

await main({
  name: 'bench',
  about: 'Measures: prints a table, and as its last line RESULT with every goal.',
  flags: {},
  positionals: ['name'],
  run: (_flags, [name], report) => runBench(name, report),
});
