/**
 * What kafkajs 2.2.4 needs before it is used. Its request queue looks every millisecond whether something waits to be
 * sent, also when nothing does (its issue 1751): 7 % of a core for each idle consumer, and timers with negative delays,
 * for which Node prints a warning. The notice about partitioners is switched off by its own variable.
 */

import { createRequire } from 'node:module';

interface RequestQueue {
  /** Requests that wait for one in flight, or for the end of a throttle. */
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

// A part of kafkajs that has no types.
const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as {
  readonly prototype: RequestQueue;
};
const schedule = prototype.scheduleCheckPendingRequests;
prototype.scheduleCheckPendingRequests = function scheduleWhenSomethingWaits() {
  if (this.pending.length > 0) schedule.call(this);
};

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
