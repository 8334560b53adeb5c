/**
 * The admin verbs, on a Unix socket: one line in (`drain`, `shed 200`, `undrain`, `status`), one line of JSON out. Only
 * who may open the socket's file may use it.
 */

import { once } from 'node:events';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { type Logger, messageOf } from '@odin/runtime';
import { type DrainControl, SHED_RATE_MAX } from './drain.ts';

const LINE_MAX_CHARACTERS = 256;
const IDLE_TIMEOUT_MS = 10_000;
const OWNER_ONLY = 0o600;

export const VERBS = 'drain, shed RATE, undrain, status';

export type AdminAnswer =
  | { readonly ok: true; readonly status: unknown }
  | { readonly ok: false; readonly error: string };

export async function perform(drain: DrainControl, line: string): Promise<AdminAnswer> {
  const [verb = '', argument, ...more] = line.trim().split(/\s+/);
  const wantsRate = verb === 'shed';
  if ((argument !== undefined) !== wantsRate || more.length > 0) return { ok: false, error: `usage: ${VERBS}` };
  if (verb === 'drain') await drain.drain();
  else if (verb === 'undrain') await drain.undrain();
  else if (wantsRate) {
    const rate = Number(argument);
    if (!(rate > 0 && rate <= SHED_RATE_MAX))
      return { ok: false, error: `RATE is above 0, up to ${SHED_RATE_MAX} a second` };
    await drain.shed(rate);
  } else if (verb !== 'status') return { ok: false, error: `unknown verb ${JSON.stringify(verb)}; known: ${VERBS}` };
  return { ok: true, status: await drain.status() };
}

/** Without the socket the instance serves all the same; that is said. */
export function offerAdmin(
  { adminSocket }: { adminSocket: string },
  drain: DrainControl,
  log: Logger,
): Promise<Server | undefined> {
  return listenAdmin(adminSocket, drain).catch((error: unknown) => {
    log.warn('no admin socket: only SIGTERM drains this instance', { error: messageOf(error) });
    return undefined;
  });
}

/** Takes the place of a socket that nobody listens on any more. Throws when somebody does. */
export async function listenAdmin(path: string, drain: DrainControl): Promise<Server> {
  await mkdir(dirname(path), { recursive: true });
  if (await isServed(path)) throw new Error(`another process listens on ${path}`);
  await rm(path, { force: true });
  const server = createServer((socket) => serve(socket, drain));
  server.listen(path);
  await once(server, 'listening');
  await chmod(path, OWNER_ONLY);
  return server;
}

function serve(socket: Socket, drain: DrainControl): void {
  let text = '';
  socket.setTimeout(IDLE_TIMEOUT_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end < 0 && text.length <= LINE_MAX_CHARACTERS) return;
    socket.removeAllListeners('data');
    const answer: AdminAnswer | Promise<AdminAnswer> =
      end < 0 ? { ok: false, error: 'the line is too long' } : perform(drain, text.slice(0, end));
    void Promise.resolve(answer).then((said) => socket.end(`${JSON.stringify(said)}\n`));
  });
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const answer = (served: boolean) => {
      socket.destroy();
      resolve(served);
    };
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
  });
}
