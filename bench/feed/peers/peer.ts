/** What the peers that are Node programs have in common: they listen, are fed over a second port, and say how they are. */

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FeedMessage, readMessages } from '../stream.ts';

export interface Standing {
  readonly rss: number;
  /** Bytes that wait in this process for sockets. */
  readonly queued: number;
}

const COLLECTIONS = 3;

/** Resolves never: the bench ends the process. `port`: where clients connect. */
export async function serve(
  port: number,
  onMessage: (message: FeedMessage) => void,
  queued: () => number,
): Promise<void> {
  const feed = createServer((socket) => readMessages(socket.setNoDelay(true), onMessage));
  const feedPort = await listenAnywhere(feed);
  process.on('message', async () => {
    // What a collection finds only the next one frees, a turn later.
    for (let collection = 0; collection < COLLECTIONS; collection += 1) {
      (globalThis as { gc?: () => void }).gc?.();
      await sleep(0);
    }
    process.send?.({ rss: process.memoryUsage.rss(), queued: queued() } satisfies Standing);
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ port, feedPort });
}

export async function listenAnywhere(server: Server): Promise<number> {
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
