import { FeedClient } from '@odin/client';
import { PROBE_TOKEN } from '@odin/events';
import type { Extent } from './judge.ts';

/** One way into the feed: a ws instance by itself, or the load balancer. */
export interface Way {
  /** What a person calls it: `ws-1`, `lb-1 (load balancer)`. */
  name: string;
  /** `ws://127.0.0.1:PORT`, the near end of a tunnel. */
  url: string;
  extent: Extent;
}

/** Which markers came through one way. */
export interface Listener {
  way: Way;
  /** `topic/partition` of every marker with our id. */
  received: Set<string>;
  close(): void;
}

/**
 * Listens for the markers as any client of the feed does, trying again until `deadline` (milliseconds since 1970).
 * Undefined when no connection was welcomed by then.
 */
export function listen(way: Way, id: string, deadline: number): Promise<Listener | undefined> {
  const feed = new FeedClient(`${way.url}/ws`, { tokens: [PROBE_TOKEN] });
  const received = new Set<string>();
  feed.on('event', ({ topic, partition, event }) => {
    if (event.data.id === id) received.add(`${topic}/${partition}`);
  });
  return new Promise((resolve) => {
    const timer = setTimeout(
      () => {
        feed.close();
        resolve(undefined);
      },
      Math.max(0, deadline - Date.now()),
    );
    // From the welcome on, nothing that is produced can be missed.
    feed.on('channels', () => {
      clearTimeout(timer);
      resolve({ way, received, close: () => feed.close() });
    });
  });
}
