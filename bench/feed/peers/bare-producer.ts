/** kafkajs and nothing else: batches of the same records at the same pace as the publisher. Prints its totals at the end. */

import { recordValue, Simulator } from '@odin/events';
import { createProducer, type ProducerRecord } from '@odin/kafka';

const [broker = '', rate = '0', seconds = '0'] = process.argv.slice(2);
const TICK_MS = 20;
const PREPARED = 20_000;

// Made before: what is compared is the sending.
const simulator = new Simulator();
const tokens = ['BTC', 'ETH', 'SOL'];
const prepared: ProducerRecord[] = Array.from({ length: PREPARED }, () => {
  const { topic, event } = simulator.next(tokens, Date.now());
  const headers = { 'odin-run': '0'.repeat(36), 'odin-seq': '1' };
  return { topic, key: event.token, value: recordValue(event), timestamp: event.timestamp, headers };
});

const producer = createProducer({ brokers: [broker], clientId: 'bare' });
await producer.send(prepared.slice(0, 1));
const usage = process.cpuUsage();
const startedAt = performance.now();
let sent = 0;
while (performance.now() - startedAt < Number(seconds) * 1000) {
  const due = Math.floor(((performance.now() - startedAt) / 1000) * Number(rate)) - sent;
  const count = Math.min(2_000, due);
  const at = sent % (PREPARED - 2_000);
  if (count > 0) await producer.send(prepared.slice(at, at + count));
  sent += Math.max(0, count);
  if (count < 2_000) await new Promise((resolve) => setTimeout(resolve, TICK_MS));
}
const { user, system } = process.cpuUsage(usage);
console.log(JSON.stringify({ sent, cpuSeconds: (user + system) / 1e6 }));
await producer.close();
process.exit(0);
