#!/usr/bin/env zx
import { main } from '../engine/cli/command.ts';
import { replay } from '../engine/report/replay.ts';

await main({
  name: 'replay',
  about: 'Prints a run again from the events that --json recorded.',
  flags: {},
  positionals: ['file'],
  run: (_flags, [file], report) => replay(file, report),
});
