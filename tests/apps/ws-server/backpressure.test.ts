import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Envelope, ServerMessage } from '@odin/events';
import { afterEach, expect, test } from 'vitest';
import { type FanOut, startFanOut } from '../../support/fan-out.ts';
import { listen } from '../../support/listener.ts';
import { until } from '../../support/wait.ts';

let server: FanOut;
afterEach(() => server.stop());

/** A client that shakes hands and then reads only when told to. */
async function stall(address: string, query: string): Promise<Socket> {
  const [host, port] = address.split(':');
  const socket = connect({ host: host ?? '', port: Number(port) });
  const key = randomBytes(16).toString('base64');
  socket.write(
    `GET /ws${query} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  await once(socket, 'readable');
  return socket;
}

/** Reads unmasked frames from what has arrived: text messages, and the close code if there is one. */
function frames(bytes: Buffer): { messages: (Envelope | ServerMessage)[]; code?: number } {
  const messages: (Envelope | ServerMessage)[] = [];
  let at = bytes.indexOf('\r\n\r\n') + 4;
  while (at + 2 <= bytes.length) {
    const opcode = (bytes[at] ?? 0) & 0x0f;
    const short = (bytes[at + 1] ?? 0) & 0x7f;
    const start = at + (short === 126 ? 4 : 2);
    const length = short === 126 ? bytes.readUInt16BE(at + 2) : short;
    if (start + length > bytes.length) break;
    if (opcode === 8) return { messages, code: bytes.readUInt16BE(start) };
    if (opcode === 1) messages.push(JSON.parse(bytes.toString('utf8', start, start + length)));
    at = start + length;
  }
  return { messages };
}

/** Enough that the kernel's own buffers (some megabytes a connection) cannot hide it. */
async function flood(): Promise<void> {
  for (let round = 0; round < 700; round += 1) {
    for (let event = 0; event < 20; event += 1) server.publish('BTC', 'trade', 'x'.repeat(1_000));
    await sleep(1);
  }
}

test('a lagging client is told exactly what it missed, and the others miss nothing', async () => {
  server = await startFanOut();
  const healthy = await listen(server.address, '?token=BTC');
  const slow = await stall(server.address, '?token=BTC');
  await flood();
  const end = server.next('BTC', 'trade');
  expect(server.stats.messagesDropped.slow).toBeGreaterThan(0);
  expect(server.stats.lagging).toBe(1);
  const chunks: Buffer[] = [];
  slow.on('data', (chunk) => chunks.push(chunk));
  await until('the gap', () => server.stats.gapsSent.lagging === 1, { seen: () => server.stats });
  server.publish('BTC', 'trade');
  const received = await until(
    'the event after the gap',
    () => {
      const { messages } = frames(Buffer.concat(chunks));
      const last = messages.at(-1);
      return last && 'offset' in last && last.offset === end && messages;
    },
    { seen: () => frames(Buffer.concat(chunks)).messages.slice(-2) },
  );
  const gap = received.find((message) => 'type' in message && message.type === 'gap');
  const got = received.flatMap((message) => ('offset' in message ? [message.offset] : []));
  const missing = Array.from({ length: end }, (_, offset) => offset).filter((offset) => !got.includes(offset));
  expect(gap).toEqual({
    type: 'gap',
    data: {
      reason: 'lagging',
      epoch: 'e1',
      ranges: [{ channel: 'BTC.trade', topic: 'odin.trades', partition: 10, from: missing[0], to: missing.at(-1) }],
    },
  });
  expect(missing).toHaveLength(server.stats.messagesDropped.slow);
  expect(missing).toHaveLength((missing.at(-1) ?? 0) - (missing[0] ?? 0) + 1);
  await until('the other client has all', () => healthy.envelopes.length === end + 1, {
    seen: () => healthy.envelopes.length,
  });
  slow.destroy();
});

test('a client that lags too long is closed with 1008', async () => {
  server = await startFanOut({ limits: { lagMs: 500 } });
  const slow = await stall(server.address, '?token=BTC');
  await flood();
  await until('it is being closed', () => [...server.gateway.clients].every(({ state }) => state === 'closing'));
  const chunks: Buffer[] = [];
  slow.on('data', (chunk) => chunks.push(chunk));
  expect(await until('the close code', () => frames(Buffer.concat(chunks)).code)).toBe(1008);
  slow.destroy();
});

test('after a gap comes the latest state, where one event is the whole of it', async () => {
  server = await startFanOut();
  const slow = await stall(server.address, '?token=BTC');
  await flood();
  for (const type of ['PRICE_DELTA_UPDATED', 'HOLDER_COUNT_UPDATED', 'PRICE_DELTA_UPDATED'] as const) {
    server.publish('BTC', 'analytics', '', type);
  }
  const lagging = () => server.stats.messagesDropped.slow;
  const before = lagging();
  await until('they are passed over', () => lagging() > before || server.stats.lagging === 1);
  await sleep(100);
  const chunks: Buffer[] = [];
  slow.on('data', (chunk) => chunks.push(chunk));
  const after = await until(
    'gap and states',
    () => {
      const { messages } = frames(Buffer.concat(chunks));
      const at = messages.findIndex((message) => 'type' in message && message.type === 'gap');
      return at >= 0 && messages.length >= at + 3 && messages.slice(at + 1);
    },
    { seen: () => frames(Buffer.concat(chunks)).messages.slice(-2) },
  );
  const states = after.flatMap((message) => ('offset' in message ? [[message.event.type, message.offset]] : []));
  expect(states).toEqual([
    ['HOLDER_COUNT_UPDATED', 1],
    ['PRICE_DELTA_UPDATED', 2],
  ]);
  slow.destroy();
});

test('a peer that answers no ping is cut', async () => {
  server = await startFanOut({ pingSeconds: 1 });
  const dead = await stall(server.address, '?token=BTC');
  await until('it is gone', () => server.stats.connections === 0, { seen: () => server.stats });
  expect([...server.stats.closed.keys()]).toEqual([1006]);
  dead.destroy();
});
