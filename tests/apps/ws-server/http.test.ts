import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, startApp } from '../../support/app.ts';
import { listen } from '../../support/listener.ts';
import { until } from '../../support/wait.ts';

let app: App;
/** Nobody listens there: the server starts without its broker. */
const env = { KAFKA_BROKERS: '127.0.0.1:1', INSTANCE: 'ws-test', RELEASE: 'r1', CONFIG_HASH: 'c1' };

beforeAll(async () => {
  app = await startApp('ws-server', { ...env, INTERNAL_CIDRS: '192.0.2.0/24' });
});
afterAll(() => app.kill());

test('it lives without a broker, and says that it is not ready', async () => {
  const health = await app.get('/health');
  expect(health).toMatchObject({
    status: 503,
    body: {
      healthy: false,
      checks: {
        kafka: { healthy: false, assigned: 0 },
        cpu: { healthy: true },
        memory: { healthy: true },
        capacity: { healthy: true, current: 0, max: 20_000 },
      },
    },
  });
  const statuses = await Promise.all(['/livez', '/readyz', '/lb'].map(async (path) => (await app.get(path)).status));
  expect(statuses).toEqual([200, 503, 503]);
  expect((await app.get('/version')).body).toMatchObject({ release: 'r1', config: 'c1', instance: 'ws-test' });
});

test('metrics are for internal addresses only', async () => {
  expect((await app.get('/metrics')).status).toBe(403);
  const internal = await startApp('ws-server', env);
  const { status, body } = await internal.get('/metrics');
  await internal.kill();
  expect(status).toBe(200);
  expect(body.text).toMatch(/^ws_connections_active 0$/m);
  expect(body.text).toMatch(/^kafka_consumer_healthy 0$/m);
});

test('the page and the client library are served, with their types stripped and a strict policy', async () => {
  const page = await fetch(`${app.url}/`);
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'/);
  const scripts = new Set(['/client.js']);
  for (const [, path] of (await page.text()).matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)) scripts.add(path ?? '');
  // Every import of every script leads to another script that is served, and none to a package.
  for (const path of scripts) {
    const response = await fetch(`${app.url}${path}`);
    expect(response.status, path).toBe(200);
    if (!response.headers.get('content-type')?.startsWith('text/javascript')) continue;
    const text = await response.text();
    expect(text).not.toMatch(/^import type|^export type|: string\b/m);
    for (const [, from] of text.matchAll(/from '([^']+)'/g)) {
      expect(from, path).toMatch(/^[./]/);
      scripts.add(new URL(from ?? '', `${app.url}${path}`).pathname);
    }
  }
  expect([...scripts]).toEqual(expect.arrayContaining(['/page/app.ts', '/client/index.ts', '/client/feed-client.ts']));
});

test('other paths and methods are refused', async () => {
  expect((await app.get('/nope')).status).toBe(404);
  expect((await app.get('/page/../main.ts')).status).toBe(404);
  expect((await app.post('/health', {})).status).toBe(405);
  expect((await app.get('/ws')).status).toBe(426);
});

test('SIGTERM: clients are told to come back, and the process is gone soon', async () => {
  const listeners = await Promise.all(
    ['?token=BTC', '?token=ETH', ''].map((query) => listen(`127.0.0.1:${app.port}`, query)),
  );
  const { code, ms } = await app.end();
  expect(code).toBe(0);
  expect(ms).toBeLessThan(3_000);
  for (const listener of listeners) {
    const closed = await until('the close', () => listener.closed);
    expect(closed.code).toBe(1012);
    expect(JSON.parse(closed.reason).retryMs).toBeGreaterThanOrEqual(0);
  }
});
