import { PROBE_TOKEN, probeEvent, recordValue, TOPICS } from '@odin/events';
import type { ProducerRecord } from '@odin/kafka';

/** A marker for every partition of every topic: what arrives proves that each one is read. */
export function markers(id: string, now: number): ProducerRecord[] {
  return TOPICS.flatMap(({ name, partitions }) =>
    Array.from({ length: partitions }, (_, partition) => ({
      topic: name,
      partition,
      key: PROBE_TOKEN,
      value: recordValue(probeEvent(id, now)),
    })),
  );
}

/** `topic/partition` of each marker. */
export function expected(): string[] {
  return TOPICS.flatMap(({ name, partitions }) =>
    Array.from({ length: partitions }, (_, partition) => `${name}/${partition}`),
  );
}

/** Which topics did not come through, as a person reads it: `odin.trades (partitions 3, 7)`, `odin.social`. */
export function missingTopics(received: ReadonlySet<string>): string[] {
  return TOPICS.flatMap(({ name, partitions }) => {
    const missing = Array.from({ length: partitions }, (_, partition) => partition).filter(
      (partition) => !received.has(`${name}/${partition}`),
    );
    if (missing.length === 0) return [];
    return [
      missing.length === partitions
        ? name
        : `${name} (partition${missing.length > 1 ? 's' : ''} ${missing.join(', ')})`,
    ];
  });
}
