import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseCursor } from '@odin/events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Drain } from '../../../apps/ws-server/drain/drain.ts';
import { type App, adminSocket, startApp } from '../../support/app.ts';
import { type FanOut, startFanOut } from '../../support/fan-out.ts';
import { type Listener, listen } from '../../support/listener.ts';
import { until } from '../../support/wait.ts';

const ADMIN = fileURLToPath(new URL('../../../apps/ws-server/admin.ts', import.meta.url));

describe('the verbs of a process', () => {
  let app: App;
  beforeEach(async () => {
    app = await startApp('ws-server', { KAFKA_BROKERS: '127.0.0.1:1' });
  });
  afterEach(() => app.kill());

  const admin = (...verb: string[]) =>
    new Promise<{ code: number; output: string; status?: Record<string, unknown> }>((resolve) => {
      const env = { PATH: process.env.PATH ?? '', WS_ADMIN_SOCKET: adminSocket(app.port) };
      execFile(process.execPath, [ADMIN, ...verb], { env }, (error, stdout, stderr) => {
        const code = Number(error?.code ?? 0);
        resolve({ code, output: stdout + stderr, ...(code === 0 && { status: JSON.parse(stdout) }) });
      });
    });
  const address = () => `127.0.0.1:${app.port}`;

  test('drain keeps accepting, shed sends everybody elsewhere, undrain takes both back', async () => {
    expect((await admin('status')).status).toMatchObject({ state: 'serving', clients: 0, lastConnectionMsAgo: null });
    expect((await stat(adminSocket(app.port))).mode & 0o777).toBe(0o600);
    const listeners = await Promise.all([1, 2, 3].map(() => listen(address(), '?token=BTC')));
    expect((await admin('drain')).status).toMatchObject({ state: 'draining', clients: 3 });
    expect((await app.get('/lb')).status).toBe(503);
    listeners.push(await listen(address(), '?token=BTC'));
    expect((await admin('shed', '20')).status).toMatchObject({ state: 'shedding', shed: { perSecond: 20 } });
    for (const listener of listeners) {
      const { code, reason } = await until('the close', () => listener.closed);
      expect(code).toBe(1012);
      expect(JSON.parse(reason).retryMs).toBeGreaterThanOrEqual(0);
    }
    expect((await admin('status')).status).toMatchObject({ state: 'shedding', clients: 0, shed: { closed: 4 } });
    expect((await admin('undrain')).status).toMatchObject({ state: 'serving', shed: null });
    const stays = await listen(address(), '?token=BTC');
    await sleep(200);
    expect(stays.closed).toBeUndefined();
  });

  test.each([
    [['nonsense'], 1, /unknown verb "nonsense"; known: drain, shed RATE/],
    [['shed'], 3, /usage/],
    [['shed', '0'], 1, /RATE is above 0/],
    [['shed', 'x'], 1, /RATE is above 0/],
    [['drain', '5'], 3, /usage/],
    [[], 3, /usage/],
  ])('%j is refused', async (verb, code, output) => {
    const result = await admin(...verb);
    expect(result.code).toBe(code);
    expect(result.output).toMatch(output);
  });

  test('a server that is gone is told', async () => {
    await app.end();
    const { code, output } = await admin('status');
    expect([code, output]).toEqual([1, expect.stringContaining('no ws-server answers')]);
  });
});

describe('shedding a busy server', () => {
  let server: FanOut;
  beforeEach(async () => {
    server = await startFanOut({ sliceMs: 0 });
  });
  afterEach(() => server.stop());

  test('a rate below one a second is a rate', async () => {
    const listener = await listen(server.address);
    const drain = new Drain(server.lifecycle, server.gateway.clients, server.hub, server.stats);
    drain.shed(0.8);
    await until('closed', () => listener.closed, { ms: 3_000 });
    drain.undrain();
  });

  test('everyone gets what it is owed and a cursor just behind it, at the rate asked for', async () => {
    const listeners = await Promise.all(
      Array.from({ length: 60 }, (_, index) => listen(server.address, index % 2 ? '?token=BTC' : '?token=BTC,ETH')),
    );
    const drain = new Drain(server.lifecycle, server.gateway.clients, server.hub, server.stats);
    let publishing = true;
    const publisher = (async () => {
      while (publishing) {
        server.publish('BTC', 'trade', 'x'.repeat(300));
        server.publish('ETH', 'trade');
        await sleep(1);
      }
    })();
    await sleep(50);
    const startedAt = Date.now();
    drain.shed(100);
    for (const listener of listeners) await until('closed', () => listener.closed);
    const ms = Date.now() - startedAt;
    publishing = false;
    await publisher;
    expect(ms).toBeGreaterThan(450);
    expect(ms).toBeLessThan(2_000);
    expect(listeners.map(({ closed }) => closed?.code)).toEqual(listeners.map(() => 1012));
    for (const [index, listener] of listeners.entries()) {
      const { data } = await listener.message('cursor');
      const next = parseCursor(data.cursor)?.next.get('trade');
      expect(lastOf(listener, 'BTC.trade') + 1).toBe(next?.[10]);
      if (index % 2 === 0) expect(lastOf(listener, 'ETH.trade') + 1).toBe(next?.[1]);
    }
    // Not in the order in which they came.
    const order = listeners.map((listener) => lastOf(listener, 'BTC.trade'));
    expect(order).not.toEqual(order.toSorted((a, b) => a - b));
  });
});

function lastOf(listener: Listener, channel: string): number {
  const offsets = listener.envelopes.filter((envelope) => envelope.channel === channel).map(({ offset }) => offset);
  expect(offsets).toEqual(offsets.map((_, index) => (offsets[0] ?? 0) + index));
  return offsets.at(-1) ?? -1;
}
