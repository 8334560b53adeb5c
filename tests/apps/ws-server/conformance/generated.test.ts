/** 10,000 inputs, half on the wire and half over HTTP, drawn by SEED. */

import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { App } from '../../../support/app.ts';
import { metric, startOfflineServer } from '../../../support/offline-server.ts';
import { RawWebSocket } from '../../../support/raw-websocket.ts';
import { until } from '../../../support/wait.ts';
import { httpInput, seeded, wireInput } from './inputs.ts';

const RUNS = 10_000;
const SEED = Number(process.env.SEED ?? 6_455);
const AT_ONCE = 32;
const TIMEOUT_MS = 60_000 + RUNS * 100;
/** For what the server has to say, when nothing says that it is done. */
const LISTEN_MS = 30;
/** A small heap: what only waits to be collected does not look like a leak, and a leak ends the server. */
const NODE_OPTIONS = '--max-old-space-size=80 --max-semi-space-size=4';
const GROWTH_MAX_BYTES = 64 * 1024 * 1024;
const CLOSE_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013];

let server: App;
beforeAll(async () => {
  server = await startOfflineServer({ NODE_OPTIONS });
  // Before memory is looked at, everything has run once.
  await all(200, (index) => onWire(SEED - index - 1));
  await all(200, (index) => overHttp(SEED - index - 1));
});
afterAll(() => server?.kill());

async function all(count: number, run: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const runner = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      await run(index).catch((error: unknown) => {
        throw new Error(`input ${index} of seed ${SEED}: ${error}; the server said: ${server.output()}`, {
          cause: error,
        });
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runner));
}

/** Whatever was sent: answers are frames, and a close has a code that an endpoint may send, or that was sent to it. */
async function onWire(seed: number): Promise<void> {
  const { path, frames, octets, cut } = wireInput(seeded(seed));
  const socket = await new RawWebSocket(server.port).shake(path);
  if (socket.open) {
    await socket.send(frames, octets);
    const quiet = () => socket.heard.at(-1) === 'end';
    for (let waited = 0; waited < LISTEN_MS && !quiet(); waited += 5) await sleep(5);
    if (!cut && !quiet()) await socket.send([{ opcode: 8 }]);
  } else {
    expect([400, 404, 503]).toContain(socket.status);
  }
  await socket.destroy();
  const closes = socket.heard.filter((word) => word.startsWith('close '));
  expect(closes.length).toBeLessThanOrEqual(1);
  for (const word of closes) {
    const code = Number(word.slice('close '.length));
    expect(Number.isNaN(code) || CLOSE_CODES.includes(code) || (code >= 3000 && code <= 4999), word).toBe(true);
  }
}

/** Whatever was sent: the answer, if there is one, is HTTP, and never says that the server failed. */
async function overHttp(seed: number): Promise<void> {
  const input = httpInput(seeded(seed));
  const socket = connect(server.port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    answer += chunk;
  });
  socket.on('error', () => undefined);
  socket.write(input);
  for (let waited = 0; waited < LISTEN_MS && !socket.closed; waited += 5) await sleep(5);
  socket.destroy();
  if (answer === '') return;
  const [, status] = /^HTTP\/1\.[01] (\d{3}) /.exec(answer) ?? [];
  const first = input.toString('latin1').split('\n', 1)[0];
  expect(status, `${first} → ${answer.slice(0, 100)}`).toMatch(
    /^(101|100|200|400|403|404|405|411|413|414|417|426|431|501|503|505)$/,
  );
}

it(`${RUNS} generated inputs: none crashes it, none stays`, { timeout: TIMEOUT_MS }, async () => {
  const memory = () => metric(server, 'process_resident_memory_bytes');
  const before = await memory();
  await all(Math.ceil(RUNS / 2), (index) => onWire(SEED + index));
  await all(Math.floor(RUNS / 2), (index) => overHttp(SEED + index));
  await until('no client is left', async () => (await metric(server, 'ws_connections_active')) === 0, { ms: 40_000 });
  expect(await server.get('/version')).toMatchObject({ status: 200 });
  const socket = await new RawWebSocket(server.port).shake('/ws?token=BTC');
  expect(socket.status).toBe(101);
  await socket.destroy();
  expect(server.output()).toBe('');
  expect((await memory()) - before).toBeLessThan(GROWTH_MAX_BYTES);
});
