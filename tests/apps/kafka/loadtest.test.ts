import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LoadResult } from '../../../apps/loadtest/result.ts';
import { type App, startApp, stateDir } from '../../support/app.ts';
import { startKafka, type TestKafka } from '../../support/kafka.ts';
import { until } from '../../support/wait.ts';

const MAIN = fileURLToPath(new URL('../../../apps/loadtest/main.ts', import.meta.url));
const TOKENS = 'BTC,ETH,SOL,DOGE';

let kafka: TestKafka;
let server: App;
let publisher: App;

beforeAll(async () => {
  kafka = await startKafka();
  const env = { KAFKA_BROKERS: kafka.address };
  server = await startApp('ws-server', { ...env, INSTANCE: 'load' });
  publisher = await startApp('publisher', { ...env, STATE_DIR: await stateDir() });
  await publisher.post('/start', { rate: 200, tokenIds: TOKENS.split(',') });
  await until('the ws-server is ready', async () => (await server.get('/readyz')).status === 200, { ms: 60_000 });
});
afterAll(async () => {
  await Promise.all([server?.kill(), publisher?.kill()]);
  await kafka?.remove();
});

/** Runs the program as a person would. */
function loadtest(...flags: string[]): Promise<{ code: number; result: LoadResult; stderr: string }> {
  const url = `ws://127.0.0.1:${server.port}/ws`;
  const args = [MAIN, '--url', url, '--tokens', TOKENS, '--brokers', kafka.address, '--json', ...flags];
  return new Promise((resolve) => {
    execFile(process.execPath, args, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), result: JSON.parse(stdout || 'null') as LoadResult, stderr });
    });
  });
}

test('every event that Kafka holds reached every checked client once, in order', async () => {
  const run = await loadtest('--clients', '60', '--every', '3', '--seconds', '5', '--tokens-per-client', '2');
  expect(run.result, run.stderr).toMatchObject({
    ok: true,
    clients: { asked: 60, welcomed: 60 },
    ends: { 1000: 60 },
    checked: { clients: 20, repeated: 0, disordered: 0, against: { lost: 0, told: 0, foreign: 0 } },
  });
  expect(run.code).toBe(0);
  // 20 clients of two tokens in four: half of 200 a second each.
  expect(run.result.checked.against?.expected).toBeGreaterThan(20 * 100 * 2);
});

test('a server that dies shows, and what it did not send is missed', async () => {
  setTimeout(() => void server.kill(), 6_000);
  const run = await loadtest('--clients', '20', '--every', '2', '--seconds', '8');
  expect(run.code).toBe(1);
  expect(run.result, run.stderr).toMatchObject({ ok: false, ends: { 1006: 20 } });
});
