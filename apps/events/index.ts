/** The contract of the feed: what publisher, ws-server, client and the kit's gates agree on. No dependency. */

export * from './codes.ts';
export * from './cursor.ts';
export * from './envelope.ts';
export * from './messages.ts';
export * from './query.ts';
export * from './record.ts';
export * from './simulator.ts';
export * from './token.ts';
export * from './topics.ts';
export * from './types.ts';
