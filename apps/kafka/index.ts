/** The one place that knows kafkajs. */

export * from './admin.ts';
export * from './epoch.ts';
export * from './errors.ts';
export * from './last-records.ts';
export * from './log-reader.ts';
export type { Dial, KafkaOptions } from './options.ts';
export * from './partition.ts';
export type { LogGap, Position } from './positions.ts';
export * from './producer.ts';
export type { FeedRecord } from './record.ts';
export * from './tail.ts';
