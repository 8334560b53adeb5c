/** One run of the suite at a time on a machine: it has one sandbox of that name. */

import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A whole run, and as much again on a busy machine. */
const WAIT_MS = 1_800_000;
const LOOK_AGAIN_MS = 1_000;

/** Listens on a name that the kernel gives to one process, and takes back when that ends, however it ends: unix(7), abstract. */
function claim(name: string): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(`\0${name}`, () => resolve(server));
  });
}

/** Waits until no other run has `name`, and says so. Returns what gives it up. */
export async function takeTurn(name: string, say: (text: string) => void): Promise<() => void> {
  const deadline = Date.now() + WAIT_MS;
  for (let told = false; ; told = true) {
    const server = await claim(name);
    if (server) return () => void server.close();
    if (Date.now() >= deadline)
      throw new Error(`another run of ${name} did not end within ${WAIT_MS / 60_000} minutes`);
    if (!told) say(`another run of ${name} is going on here: waiting for its end`);
    await sleep(LOOK_AGAIN_MS);
  }
}
