#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { replay } = await import('../engine/report/replay.ts');

await main({
  name: 'replay',
  about: 'Prints a run again from the events that --json recorded.',
  flags: {},
  positionals: ['file'],
  run: (_flags, [file], report) => replay(file, report),
});
