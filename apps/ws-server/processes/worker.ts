/** A process that serves clients, beside others on the same port. */

import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger, startWith } from '@odin/runtime';
import { Registry } from 'prom-client';
import { FeedClient } from '../feed/feed-client.ts';
import type { Health } from '../health.ts';
import { ALONE } from '../instance.ts';
import { createServing } from '../serving.ts';
import { OWNED, schema } from '../settings.ts';
import { CHILD_ENV, type Order } from './messages.ts';
import { Parent } from './parent.ts';

/** One that is started again waits so long for the stream: without it nobody can resume here. */
const STREAM_TIMEOUT_MS = 5_000;
const POLL_MS = 20;

const { env } = process;
const settings = startWith(schema, OWNED);
const log = createLogger(settings.logLevel, {
  service: 'ws-server',
  instance: settings.instance,
  process: env[CHILD_ENV.name],
});
const registry = new Registry();
let elsewhere = ALONE;
let ending = false;
const feed = new FeedClient(env[CHILD_ENV.socket] ?? '');
const serving = await createServing({
  settings,
  log,
  feed,
  registry,
  processes: Number(env[CHILD_ENV.count]),
  instance: {
    get elsewhere() {
      return elsewhere;
    },
    health: async () => (await parent.ask('health')) as Health,
    metrics: async () => (await parent.ask('metrics')) as string,
  },
});
feed.start(serving.sink);
const { drain, lifecycle, hub } = serving;
const parent = new Parent({
  registry,
  obey,
  report() {
    const cursor = hub.position.cursor();
    // Whether it was ready is noticed by being asked.
    const served = lifecycle.ready || lifecycle.served;
    return { serving: { drain: drain.status(), served, ...(cursor && { cursor }) } };
  },
});
if (env[CHILD_ENV.again]) await streamKnown();
await serving.listen();

async function streamKnown(): Promise<void> {
  const deadline = Date.now() + STREAM_TIMEOUT_MS;
  while (hub.position.epoch === '' && Date.now() < deadline) await sleep(POLL_MS);
}

function obey(order: Order): void {
  elsewhere = order.elsewhere;
  lifecycle.served ||= order.served;
  if (ending) return;
  if (order.endWithinMs !== undefined) void end(order.endWithinMs);
  else if (order.shedPerSecond !== undefined) drain.shed(order.shedPerSecond);
  else if (order.draining) drain.drain();
  else drain.undrain();
}

async function end(withinMs: number): Promise<void> {
  ending = true;
  await drain.end(withinMs);
  serving.stop();
  await feed.stop();
  process.exit(0);
}
