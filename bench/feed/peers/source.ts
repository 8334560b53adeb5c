/**
 * Records of the simulated market into Kafka, by the clock: `node source.ts BROKER PER_SECOND COUNT TOKENS`. What is due
 * is sent with the time at which it was due; PER_SECOND 0 means at once. Tells its parent a SourceReport now and then.
 */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { HEADER_RUN, HEADER_SEQUENCE, recordValue, Simulator } from '@odin/events';
import { createProducer, type ProducerRecord } from '@odin/kafka';
import type { SourceReport } from '../source.ts';
import { tokenName } from '../stream.ts';

const [broker = '', perSecond = 0, count = 0, tokens = 1] = process.argv
  .slice(2)
  .map((word, index) => (index === 0 ? word : Number(word))) as [string, number, number, number];
const TICK_MS = 20;
const REPORT_MS = 200;
const BATCH_MAX = 4_000;
const PREPARED = 20_000;
/** Stands for the time of an event, which is the first in its value. */
const MARK = 1_000_000_000_001;

// Made before: a source that is busy making up its records is no source.
const simulator = new Simulator();
const names = Array.from({ length: tokens }, (_, index) => tokenName(index));
const prepared = Array.from({ length: PREPARED }, (_, index) => {
  const { topic, event } = simulator.next([names[index % tokens] ?? ''], MARK);
  const value = recordValue(event);
  const at = value.indexOf(String(MARK));
  return { topic, key: event.token, head: value.slice(0, at), tail: value.slice(at + String(MARK).length) };
});

const run = randomUUID();
const producer = createProducer({ brokers: [broker], clientId: 'bench-source' });
let sent = 0;

function record(timestamp: number): ProducerRecord {
  const { topic, key, head, tail } = prepared[sent % PREPARED] as (typeof prepared)[number];
  sent += 1;
  const headers = { [HEADER_RUN]: run, [HEADER_SEQUENCE]: String(sent) };
  return { topic, key, value: `${head}${timestamp}${tail}`, timestamp, headers };
}

const usage = process.cpuUsage();
const startedAt = Date.now();
const dueAt = (index: number) => (perSecond > 0 ? startedAt + (index * 1000) / perSecond : Date.now());

function report(): SourceReport {
  const { user, system } = process.cpuUsage(usage);
  const ms = Date.now() - startedAt;
  return { sent, ms, behindMs: Math.max(0, Date.now() - dueAt(sent)), cpu: (user + system) / 1000 / ms };
}

setInterval(() => process.send?.(report()), REPORT_MS).unref();
process.on('disconnect', () => process.exit(0));
while (sent < count) {
  const due = perSecond > 0 ? Math.floor(((Date.now() - startedAt) / 1000) * perSecond) - sent : count;
  const batch: ProducerRecord[] = [];
  for (let left = Math.min(due, BATCH_MAX, count - sent); left > 0; left -= 1)
    batch.push(record(Math.floor(dueAt(sent))));
  if (batch.length > 0) await producer.send(batch);
  if (batch.length < BATCH_MAX && sent < count) await sleep(TICK_MS);
}
const last = report();
await producer.close();
process.send?.(last, () => process.exit(0));
