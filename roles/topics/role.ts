import { EPOCH_TOPIC, TOPICS } from '@odin/events';
import { z } from 'zod';
import { role } from '#engine/role.ts';
import { replication } from '../broker/properties.ts';
import { topicsResource } from './topics.ts';

const schema = z.strictObject({
  /** Retention by topic in milliseconds, where it is to differ from the feed's own. */
  retention_ms: z.partialRecord(z.enum(TOPICS.map(({ name }) => name)), z.int().min(1000)).optional(),
});

/** The feed's topics, declared and converged through the Kafka protocol. A role never deletes one. */
export const topics = role('topics', schema, {
  resources({ inventory, vars }) {
    const copies = replication(inventory);
    const feed = TOPICS.map(({ name, partitions, retentionMs }) => ({
      name,
      partitions,
      replication: copies,
      configs: { 'retention.ms': String(vars.retention_ms?.[name] ?? retentionMs), 'cleanup.policy': 'delete' },
    }));
    const epoch = { name: EPOCH_TOPIC, partitions: 1, replication: copies, configs: { 'cleanup.policy': 'compact' } };
    return [topicsResource({ topics: [...feed, epoch] })];
  },
});
