import { type Envelope, PROBE_TOKEN } from '@odin/events';
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

const RETRY_MS = 500;

/** Opens one WebSocket; undefined when it is refused. */
function open(way: Way, id: string): Promise<Listener | undefined> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${way.url}/ws?token=${PROBE_TOKEN}`);
    const received = new Set<string>();
    socket.addEventListener('error', () => resolve(undefined));
    socket.addEventListener('close', () => resolve(undefined));
    socket.addEventListener('message', ({ data }) => {
      const { type, topic, partition, event } = JSON.parse(String(data)) as Partial<Envelope> & { type?: string };
      // From the welcome on, nothing that is produced can be missed.
      if (type === 'welcome') resolve({ way, received, close: () => socket.close(1000) });
      if (topic && event?.data.id === id) received.add(`${topic}/${partition}`);
    });
  });
}

/** Opens a WebSocket for the markers, trying again until `deadline` (milliseconds since 1970). */
export async function listen(way: Way, id: string, deadline: number): Promise<Listener | undefined> {
  for (;;) {
    const listener = await open(way, id);
    if (listener || Date.now() >= deadline) return listener;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
