#!/usr/bin/env zx
import { main } from '../../engine/cli/command.ts';
import { runPlay } from './play.ts';

await main({
  name: 'play',
  about: 'Makes the workload of the engine bench true. Started by the bench, as a person starts scripts/deploy.mjs.',
  flags: { env: { value: 'NAME', help: 'the environment' } },
  run: (flags, _words, report) => runPlay(flags, report),
});
