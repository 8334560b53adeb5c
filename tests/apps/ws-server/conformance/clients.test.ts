/** Clients that no one here wrote: Node's own, Python's `websockets`, and Chromium. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { launch } from '../../../support/browser.ts';
import { type FanOut, startFanOut } from '../../../support/fan-out.ts';
import { pythonWith } from '../../../support/python.ts';

const WEBSOCKETS = '15.0.1';
const SCRIPT = fileURLToPath(new URL('client.py', import.meta.url));
const UNICODE = 'κόσμε ✓ 𝔘';
const EVENTS = 20;
const FEED_MS = 20;

let server: FanOut;
let feed: NodeJS.Timeout;
beforeEach(async () => {
  server = await startFanOut();
  feed = setInterval(() => {
    if (server.stats.connections > 0) server.publish('BTC', 'trade', UNICODE);
  }, FEED_MS);
});
afterEach(async () => {
  clearInterval(feed);
  await server.stop();
});

/** Offsets that follow each other without a hole, wherever they begin. */
function expectRow(offsets: readonly number[]): void {
  expect(offsets).toHaveLength(EVENTS);
  expect(offsets).toEqual(offsets.map((_, index) => (offsets[0] ?? 0) + index));
}

const BTC = ['trade', 'liquidity', 'balances', 'metadata', 'social', 'community', 'creation', 'analytics'];

/** Runs in Node and in a page alike: it may use nothing from outside. */
async function observe({ address, count }: { address: string; count: number }) {
  type Seen = { offsets: number[]; channels: string[]; text: string; extensions: string; protocol: string };
  const feed = await new Promise<Seen>((resolve, reject) => {
    const socket = new WebSocket(`ws://${address}/ws?token=BTC`);
    const seen: Seen = { offsets: [], channels: [], text: '', extensions: '', protocol: '' };
    socket.onerror = () => reject(new Error('the connection failed'));
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === 'welcome') seen.channels = message.data.channels;
      else seen.offsets.push(message.offset);
      seen.text = message.event?.data.padding ?? '';
      if (seen.offsets.length < count) return;
      resolve({ ...seen, extensions: socket.extensions, protocol: socket.protocol });
      socket.close(1000);
    };
  });
  const closeOf = (send: (socket: WebSocket) => void) =>
    new Promise<number>((resolve) => {
      const socket = new WebSocket(`ws://${address}/ws`);
      socket.onopen = () => send(socket);
      socket.onclose = ({ code }) => resolve(code);
    });
  return {
    ...feed,
    normal: await closeOf((socket) => socket.close(1000, 'done')),
    application: await closeOf((socket) => socket.close(4001)),
    tooBig: await closeOf((socket) => socket.send('*'.repeat(5_000))),
    refused: await new Promise<number>((resolve) => {
      new WebSocket(`ws://${address}/ws?token=B.C`).onclose = ({ code }) => resolve(code);
    }),
  };
}

function expectObserved({ offsets, channels, ...rest }: Awaited<ReturnType<typeof observe>>): void {
  expectRow(offsets);
  expect(channels).toEqual(BTC.map((suffix) => `BTC.${suffix}`));
  const codes = { normal: 1000, application: 4001, tooBig: 1009, refused: 1006 };
  expect(rest).toEqual({ text: UNICODE, extensions: '', protocol: '', ...codes });
}

it("Node's own WebSocket", async () => {
  expectObserved(await observe({ address: server.address, count: EVENTS }));
});

describe('Chromium', () => {
  it('sees the same', { timeout: 60_000 }, async () => {
    const browser = await launch();
    try {
      const page = await browser.newPage();
      expectObserved(await page.evaluate(observe, { address: server.address, count: EVENTS }));
    } finally {
      await browser.close();
    }
  });
});

describe("Python's websockets", () => {
  it('sees the same, sends fragments, and is refused politely', { timeout: 240_000 }, async () => {
    const packages = await pythonWith('websockets', WEBSOCKETS);
    const { stdout } = await promisify(execFile)('python3', [SCRIPT, server.address], {
      env: { ...process.env, PYTHONPATH: packages },
    });
    const { offsets, ...rest } = JSON.parse(stdout) as { offsets: number[] };
    expectRow(offsets);
    expect(rest).toEqual({
      extensions: [],
      subprotocol: null,
      welcome: BTC.map((suffix) => `BTC.${suffix}`),
      latency: true,
      utf8: UNICODE,
      subscribed: ['ETH.trade'],
      binary: 'bad_message',
      close: [1000, 'done'],
      too_big: 1009,
      refused: 400,
    });
  });
});
