import { main } from '../../../engine/cli/command.ts';
import { runFlags } from '../../../playbooks/run.ts';
import { runWanted, wantedFlag } from './wanted.ts';

// A controller that can be killed: like scripts/deploy.mjs, for what the file of --wanted lists.
await main({
  name: 'controller',
  about: 'Makes the hosts of these tests what a file says.',
  flags: { ...runFlags, wanted: wantedFlag },
  run: (flags, _words, report) => runWanted(flags, report),
});
