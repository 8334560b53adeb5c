/** Our gateway, hub and flusher, with the bench in the place of Kafka. */

import { TOPICS } from '@odin/events';
import { partitionOfKey } from '@odin/kafka';
import { startFanOut } from '../../../tests/support/fan-out.ts';
import { tokenName } from '../stream.ts';
import { serve } from './peer.ts';

const TOPIC = 0;
const [{ partitions }] = TOPICS;

// What the settings say by default.
const server = await startFanOut({ limits: { lagMs: 5_000, lagBytes: 128 * 1024, queueBytes: 1024 * 1024 } });
const next = new Array<number>(partitions).fill(0);
await serve(
  Number(server.address.split(':')[1]),
  ({ token, ts, value }) => {
    const { hub } = server;
    const name = tokenName(token);
    const partition = partitionOfKey(name, partitions);
    const offset = next[partition] ?? 0;
    // The value is a view of a read: what the hub keeps, it copies.
    hub.publish(TOPIC, partition, { token: name, offset, timestamp: ts, value });
    next[partition] = offset + 1;
    hub.position.set(TOPIC, partition, offset + 1);
  },
  () => [...server.gateway.clients].reduce((sum, { socket }) => sum + socket.writableLength, 0),
);
