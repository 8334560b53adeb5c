/** The sandbox's broker, reached as the kit reaches it: through the SSH connection of its host. */

import type { KafkaOptions } from '@odin/kafka';
import { NO_SERVICES } from '#engine/adhoc.ts';
import { lineReporter } from '#engine/report/reporter.ts';
import { Session } from '#engine/session.ts';
import { openEnvironment } from '#playbooks/environment.ts';
import { providers } from '#providers/providers.ts';
import { kafkaThroughSsh } from '#roles/topics/access.ts';
import { ENV } from './kit.ts';

/** Runs `work` with the way to the broker, and closes the way afterwards. */
export async function withKafka<Result>(work: (kafka: KafkaOptions) => Promise<Result>): Promise<Result> {
  const { inventory } = await openEnvironment(ENV, providers);
  const session = new Session(
    inventory,
    lineReporter(() => undefined, false),
    NO_SERVICES,
  );
  try {
    return await work(await kafkaThroughSsh(session.controller));
  } finally {
    await session.close();
  }
}
