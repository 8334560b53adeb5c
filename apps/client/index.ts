/** The client library. It has no dependency, and the ws-server serves these very files to browsers as `/client.js`. */

export type { FeedEvents, FeedState } from './events.ts';
export * from './feed-client.ts';
