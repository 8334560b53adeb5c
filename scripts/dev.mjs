#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { runDev } = await import('../fleet/dev/dev.ts');

await main({
  name: 'dev',
  about: 'Runs broker, publisher and ws-server on this machine, without containers, restarting on change.',
  flags: { offset: { value: 'N', help: 'added to every port (3003, 3004, 19092, 19093)' } },
  async run({ offset }) {
    await runDev((line) => console.log(line), Number(offset ?? 0));
    return 0;
  },
});
