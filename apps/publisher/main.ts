/** The publisher: a simulated market, written to Kafka at a declared rate. */

import { createProducer } from '@odin/kafka';
import { createLogger, messageOf, startWith } from '@odin/runtime';
import { Feed } from './feed.ts';
import { createHttp } from './http.ts';
import { createMetrics } from './metrics.ts';
import { OWNED, schema } from './settings.ts';
import { loadState, type State, saveState } from './state.ts';

const settings = startWith(schema, OWNED);
const log = createLogger(settings.logLevel, { service: 'publisher' });
const { brokers, stateDir, rate, tokens } = settings;

const declared: State = {
  running: rate !== undefined && tokens !== undefined && tokens.length > 0,
  rate: rate ?? 50,
  tokenIds: tokens ?? [],
};
const state = await restore().catch((error: unknown) => {
  log.error('the state cannot be kept', { stateDir, error: messageOf(error) });
  process.exit(1);
});

const feed = new Feed(createProducer({ brokers, clientId: 'odin-publisher', logger: log }), log, state);
const server = createHttp({
  feed,
  metrics: createMetrics(feed),
  version: { release: settings.release, config: settings.configHash, node: process.version },
  save: (next) => saveState(stateDir, next),
  log,
});
server.listen({ port: settings.port, ...(settings.host !== '' && { host: settings.host }) }, () => {
  log.info('listening', { port: settings.port, release: settings.release, ...state });
});

const stop = async (signal: string) => {
  log.info('stopping', { signal });
  server.close();
  server.closeAllConnections();
  await feed.close();
  process.exit(0);
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);

/** Saves it again: that it can be kept is proven at the start, not at the first change. */
async function restore(): Promise<State> {
  const restored = (await loadState(stateDir)) ?? declared;
  await saveState(stateDir, restored);
  return restored;
}
