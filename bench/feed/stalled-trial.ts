/** One trial of `stalled.ts`, a process of its own: `node stalled-trial.ts 300`. Prints a StalledTrial. */

import { pinToLoadCore } from './process.ts';
import type { StalledTrial } from './stalled.ts';
import { Subject } from './subject.ts';

pinToLoadCore();
const subject = await Subject.start('ours');
try {
  const stall = Number(process.argv[2]);
  // So long that the kernel's buffers are full, and not so long that the slow are closed.
  const what = { clients: 2_000, tokens: 20, offered: 400_000, burst: 1, seconds: 5, stall };
  const { p99, rss, standing, load } = await subject.run(what);
  const { stalledEnds, checked } = load;
  const result: StalledTrial = {
    p99,
    rss: standing?.rss ?? rss,
    queued: standing?.queued ?? 0,
    stalledEnds,
    disordered: checked.disordered,
  };
  console.log(JSON.stringify(result));
} finally {
  await subject.stop();
}
process.exit(0);
