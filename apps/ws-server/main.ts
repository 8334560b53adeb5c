/** The ws-server: every event of Kafka to every client that asked for it. */

import { availableParallelism } from 'node:os';
import { createLogger, messageOf, startWith } from '@odin/runtime';
import { kernelWarning } from './kernel.ts';
import { startProcesses } from './processes/primary.ts';
import { startServer } from './server.ts';
import { OWNED, schema } from './settings.ts';

const settings = startWith(schema, OWNED);
const log = createLogger(settings.logLevel, { service: 'ws-server', instance: settings.instance });

const warning = await kernelWarning();
if (warning) log.warn(warning);
if (settings.delivery === 'partitioned') {
  log.warn('delivery is partitioned: this instance sees only its share of the tokens, and so do its clients');
}

const workers = settings.workers === 'auto' ? availableParallelism() - 1 : settings.workers;
const starting = workers === 0 ? startServer(settings, log) : startProcesses(settings, workers, log);
const stop = async (signal: string) => {
  log.info('stopping', { signal, graceSeconds: settings.graceSeconds });
  // Whatever hangs, the process is gone when it said it would be.
  setTimeout(() => process.exit(1), settings.graceSeconds * 1000).unref();
  await (await starting).stop();
  log.info('stopped');
  process.exit(0);
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);

await starting.catch((error: unknown) => {
  log.error('could not start', { error: messageOf(error) });
  process.exit(1);
});
