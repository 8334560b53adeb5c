/** Which partition a key belongs to: Kafka's own rule (murmur2 of the key), which all producers of the feed keep to. */

import kafkajs from 'kafkajs';

const partitioner = kafkajs.Partitioners.DefaultPartitioner();
const metadata = new Map<number, kafkajs.PartitionMetadata[]>();

export function partitionOfKey(key: string, partitions: number): number {
  let partitionMetadata = metadata.get(partitions);
  if (!partitionMetadata) {
    partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => {
      return { partitionId, partitionErrorCode: 0, leader: 0, replicas: [], isr: [] };
    });
    metadata.set(partitions, partitionMetadata);
  }
  return partitioner({ topic: '', partitionMetadata, message: { key: Buffer.from(key), value: null } });
}
