import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type App, runApp, startApp } from '../../support/app.ts';
import { type Listener, listen } from '../../support/listener.ts';
import { until } from '../../support/wait.ts';

const CLIENTS = 6;
/** Nobody listens there: what is tested here needs no events. */
const env = { KAFKA_BROKERS: '127.0.0.1:1', WS_WORKERS: '2' };
const PROGRAMS = ['worker', 'reader'];

let app: App;
const start = async (more: Record<string, string> = {}) => {
  app = await startApp('ws-server', { ...env, ...more });
  await until('all processes are there', () => app.output().includes('"listening"'), { seen: app.output });
};
beforeEach(() => start());
afterEach(() => app.kill());

const connect = (query = '?token=BTC') => listen(`127.0.0.1:${app.port}`, query);
const connectMany = () => Promise.all(Array.from({ length: CLIENTS }, () => connect()));
const pids = (program: string) => app.children(`processes/${program}.ts`);

async function metric(name: string): Promise<number> {
  const text = String((await app.get('/metrics')).body.text);
  const [, value] = new RegExp(`^${name} (\\S+)$`, 'm').exec(text) ?? [];
  expect(value, `${name} in\n${text}`).toBeDefined();
  return Number(value);
}

const closed = (listeners: readonly Listener[]) => listeners.filter((listener) => listener.closed);

test('clients are spread over the processes, and counted and limited together', async () => {
  await app.kill();
  await start({ WS_MAX_CONNECTIONS: String(CLIENTS) });
  await connectMany();
  expect(await metric('ws_connections_active')).toBe(CLIENTS);
  expect(await metric('ws_connections_max')).toBe(CLIENTS);
  expect(await metric('ws_processes')).toBe(2);
  const { body } = await app.get('/health');
  expect(body.checks).toMatchObject({ capacity: { current: CLIENTS, max: CLIENTS, percentage: 100 } });
  // A process hears of the clients of the others a moment later.
  await until('one is refused', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${app.port}/ws?token=BTC`);
    const refused = await Promise.race([
      once(socket, 'open').then(() => false),
      once(socket, 'error').then(() => true),
    ]);
    socket.close();
    return refused;
  });
  expect(await metric('ws_connections_refused_total{reason="full"}')).toBe(1);
});

test('a process that dies takes only its own clients along; another takes its place, and no count falls', async () => {
  const listeners = await connectMany();
  expect(await metric('ws_connections_total')).toBe(CLIENTS);
  const before = await pids('worker');
  process.kill(before[0] ?? 0, 'SIGKILL');
  await until('its clients are gone', () => closed(listeners).length > 0);
  await until('another is there', async () => (await metric('ws_processes')) === 2);
  const stayed = await metric('ws_connections_active');
  expect([stayed > 0, stayed < CLIENTS]).toEqual([true, true]);
  const codes = closed(listeners).map((listener) => listener.closed?.code);
  expect(codes).toEqual(new Array(CLIENTS - stayed).fill(1006));
  expect(await metric('ws_connections_total')).toBe(CLIENTS);
  expect(await metric('ws_process_restarts_total{process="worker"}')).toBe(1);
  await connectMany();
  expect(await metric('ws_connections_total')).toBe(2 * CLIENTS);
  expect(await pids('worker')).toContain(before[1]);
});

test('nobody notices that the process that reads Kafka died, but for the state of Kafka', async () => {
  const listeners = await connectMany();
  const [before = 0] = await pids('reader');
  process.kill(before, 'SIGKILL');
  await until('another is there', async () => (await pids('reader')).some((pid) => pid !== before));
  await until('it is counted', async () => (await metric('ws_process_restarts_total{process="reader"}')) === 1);
  expect((await app.get('/health')).body.checks).toMatchObject({ kafka: { healthy: false } });
  expect(closed(listeners)).toEqual([]);
});

test('a process that hangs is killed, and another takes its place', async () => {
  const before = await pids('worker');
  process.kill(before[0] ?? 0, 'SIGSTOP');
  await until('it is said', () => app.output().includes('a process hangs: it is killed'), { ms: 20_000 });
  await until('another is there', async () => (await pids('worker')).length === 2);
  expect(await pids('worker')).not.toContain(before[0]);
});

test('SIGTERM: all clients of all processes are told to come back, and nothing is left', async () => {
  const listeners = await connectMany();
  const all = (await Promise.all(PROGRAMS.map(pids))).flat();
  expect(all).toHaveLength(3);
  // As a terminal does, and as some supervisors do.
  for (const pid of all) process.kill(pid, 'SIGTERM');
  const { code, ms } = await app.end();
  expect(code).toBe(0);
  expect(ms).toBeLessThan(5_000);
  for (const listener of listeners) expect((await until('the close', () => listener.closed)).code).toBe(1012);
  expect(all.filter(isAlive)).toEqual([]);
});

test('kill -9 of the first process ends the others', async () => {
  const all = (await Promise.all(PROGRAMS.map(pids))).flat();
  await app.kill();
  await until('they are gone', () => all.every((pid) => !isAlive(pid)), { seen: () => all.filter(isAlive) });
});

test('a port that is taken is said at once', async () => {
  const { code, output } = await runApp('ws-server', { ...env, HOST: '127.0.0.1', PORT: String(app.port) });
  expect(code).toBe(1);
  expect(output).toMatch(/could not start/);
  expect(output).toMatch(/EADDRINUSE/);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
