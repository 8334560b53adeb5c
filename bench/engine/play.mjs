#!/usr/bin/env zx
import '../../engine/cli/quick-start.ts';

const { main } = await import('../../engine/cli/command.ts');
const { runPlay } = await import('./play.ts');

await main({
  name: 'play',
  about: 'Makes the workload of the engine bench true. Started by the bench, as make starts scripts/deploy.mjs.',
  flags: { env: { value: 'NAME', help: 'the environment' } },
  run: (flags, _words, report) => runPlay(flags, report),
});
