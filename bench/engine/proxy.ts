import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A port of 127.0.0.1 that leads to a host from far away. */
export interface FarPort {
  port: number;
  close(): Promise<void>;
}

/** Everything that `from` says reaches `to` after `delayMs`, in its order. */
function carry(from: Socket, to: Socket, delayMs: number): void {
  from.on('data', (chunk) => setTimeout(() => to.writable && to.write(chunk), delayMs));
  from.on('end', () => setTimeout(() => to.end(), delayMs));
  from.on('error', () => to.destroy());
  from.on('close', () => setTimeout(() => to.destroy(), delayMs));
}

/** A TCP proxy with a round trip: half of it for each chunk in either direction, the whole of it for the handshake. */
export async function delayingProxy(address: string, port: number, roundTripMs: number): Promise<FarPort> {
  const open = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true }, async (near) => {
    open.add(near.once('close', () => open.delete(near)));
    near.on('error', () => near.destroy());
    await sleep(roundTripMs);
    const far = connect({ host: address, port, noDelay: true });
    open.add(far.once('close', () => open.delete(far)));
    near.setNoDelay(true);
    carry(near, far, roundTripMs / 2);
    carry(far, near, roundTripMs / 2);
    near.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
