/** The least that Node can do: sockets without any WebSocket object, and the same batching as ours: one write a flush. */

import { createHash } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { textFrame } from '../../../apps/ws-server/hub/frames.ts';
import { tokenName } from '../stream.ts';
import { envelopeText } from './envelopes.ts';
import { listenAnywhere, serve } from './peer.ts';

/** RFC 6455 §1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const WINDOW_MS = 2;
const SLICE_MS = 4;
const WRITES_PER_LOOK = 16;

const clients = new Map<string, Set<Socket>>();
const all = new Set<Socket>();

const server = createServer((socket) => {
  all.add(socket);
  socket.setNoDelay(true).on('error', () => undefined);
  socket.once('data', (request) => {
    const text = request.toString('latin1');
    const key = /sec-websocket-key: (\S+)/i.exec(text)?.[1] ?? '';
    const token = /token=(\w+)/.exec(text)?.[1] ?? '';
    const accept = createHash('sha1')
      .update(key + GUID)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    const group = clients.get(token) ?? new Set();
    clients.set(token, group.add(socket));
    socket.on('data', () => socket.end(Buffer.from([0x88, 2, 0x03, 0xe8])));
    socket.on('close', () => {
      group.delete(socket);
      all.delete(socket);
    });
  });
});

const pending = new Map<number, Buffer[]>();
let busy = false;

function* pass(): Generator<void> {
  const batches = [...pending];
  pending.clear();
  for (const [token, frames] of batches) {
    const batch = Buffer.concat(frames);
    for (const socket of clients.get(tokenName(token)) ?? []) {
      socket.write(batch);
      yield;
    }
  }
}

function slice(work: Generator<void>): void {
  const startedAt = performance.now();
  for (let writes = 1; !work.next().done; writes += 1) {
    if (writes % WRITES_PER_LOOK !== 0 || performance.now() - startedAt < SLICE_MS) continue;
    setImmediate(slice, work);
    return;
  }
  busy = pending.size > 0;
  if (busy) setTimeout(() => slice(pass()), WINDOW_MS);
}

await serve(
  await listenAnywhere(server),
  (message) => {
    const frames = pending.get(message.token) ?? [];
    frames.push(textFrame(envelopeText(message)));
    pending.set(message.token, frames);
    if (busy) return;
    busy = true;
    setTimeout(() => slice(pass()), WINDOW_MS);
  },
  () => [...all].reduce((sum, socket) => sum + socket.writableLength, 0),
);
