/** The examples of docs/wire.md, in their order, against a real server: what it says is what happens. */

import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { CLIENT_MESSAGE_MAX_BYTES, CLOSE, ERROR_CODES, GAP_REASONS, parseCursor, SUFFIXES } from '@odin/events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FanOut, startFanOut } from '../../support/fan-out.ts';
import { type Listener, listen } from '../../support/listener.ts';
import { until } from '../../support/wait.ts';

const page = readFileSync(new URL('../../../docs/wire.md', import.meta.url), 'utf8');

interface Example {
  readonly by: 'client' | 'server';
  readonly message: Record<string, unknown> & { type?: string; data?: Record<string, unknown> };
}

const examples: Example[] = [...page.matchAll(/^```json (client|server)\n(.*)\n```$/gm)].map(([, by, text = '']) => ({
  by: by as Example['by'],
  message: JSON.parse(text),
}));

const find = (by: Example['by'], type: string | undefined) => {
  const found = examples.find((example) => example.by === by && example.message.type === type);
  if (!found) throw new Error(`docs/wire.md has no example of ${type} by the ${by}`);
  return found.message;
};

let server: FanOut;
beforeEach(async () => {
  server = await startFanOut();
});
afterEach(() => server.stop());

/** Same fields at every depth, and same types; values where `exact` names the field. */
function expectShape(seen: unknown, shown: unknown, path = ''): void {
  if (typeof shown !== 'object' || shown === null || Array.isArray(shown)) {
    expect(typeof seen, path).toBe(typeof shown);
    return;
  }
  const [a, b] = [seen, shown] as Record<string, unknown>[];
  if (path.endsWith('.event.data')) return;
  expect(Object.keys(a ?? {}), path).toEqual(Object.keys(b ?? {}));
  for (const key of Object.keys(b ?? {})) expectShape(a?.[key], b?.[key], `${path}.${key}`);
}

test('welcome, event and heartbeat have the fields shown', async () => {
  const listener = await listen(server.address, '?token=BTC&events=trade');
  expectShape(listener.messages[0], find('server', 'welcome'), 'welcome');
  server.publish('BTC', 'trade');
  const envelope = await until('the event', () => listener.envelopes[0]);
  const shown = find('server', undefined);
  expectShape(envelope, shown, 'event');
  for (const field of ['epoch', 'channel', 'token', 'topic', 'partition', 'offset']) {
    expect(envelope).toHaveProperty(field, shown[field]);
  }
  listener.send(find('client', 'heartbeat'));
  expectShape(await listener.message('heartbeat'), find('server', 'heartbeat'), 'heartbeat');
});

test('every message of a client is answered as shown below it', async () => {
  const listener = await listen(server.address, '?token=BTC&events=trade');
  let asked = 0;
  for (const [index, { by, message }] of examples.entries()) {
    const answer = examples[index + 1];
    if (by !== 'client' || answer?.by !== 'server') continue;
    listener.send(message);
    const seen = await nextAnswer(listener, answer.message.type);
    expectShape(seen, answer.message, `answer to ${message.type}`);
    if (answer.message.type === 'error') expect(seen).toEqual(answer.message);
    if (answer.message.data?.channels) expect(seen).toHaveProperty('data.channels', answer.message.data.channels);
    asked += 1;
  }
  expect(asked).toBe(examples.filter(({ by }) => by === 'client').length);
});

const nextAnswer = (listener: Listener, type: string | undefined) => listener.message(type as 'heartbeat');

test('resume, gap and the end of a connection are as told', async () => {
  server.publish('BTC', 'trade');
  const resuming = await listen(server.address, '?token=BTC&events=trade&cursor=e1-trade.0.0.0.0.0.0.0.0.0.0.0.0');
  expect(resuming.messages[0]).not.toHaveProperty('data.cursor');
  expectShape(await resuming.message('resumed'), find('server', 'resumed'), 'resumed');
  await until('the event', () => resuming.envelopes.length === 1);
  const other = await listen(server.address, '?token=BTC&events=trade&cursor=e0-trade.5');
  expect(await other.message('gap')).toEqual(find('server', 'gap'));
  await other.message('resumed');
  other.send('x'.repeat(CLIENT_MESSAGE_MAX_BYTES + 1));
  expect((await until('the close', () => other.closed)).code).toBe(1009);
});

test('the cursor of the page is one, and refusals before the upgrade carry their code', async () => {
  const cursor = /^ {4}([0-9a-f]{12}-\S+)$/m.exec(page)?.[1];
  expect(parseCursor(cursor)?.next.get('social')).toEqual([5, undefined, 2]);
  const [host, port] = server.address.split(':');
  const refusal = (path: string) =>
    new Promise<string>((resolve) => {
      const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
      request(
        { host, port, path, headers: { ...headers, 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' } },
        (response) => {
          response.once('data', (data) => resolve(`${response.statusCode} ${JSON.parse(String(data)).error}`));
        },
      ).end();
    });
  expect(await refusal('/ws?token=BTC&cursor=!')).toBe('400 bad_cursor');
  expect(await refusal('/ws?token=B.C')).toBe('400 bad_query');
  expect(await refusal('/other')).toBe('404 bad_path');
});

test('all codes, reasons and kinds are on the page', () => {
  const named = (words: readonly unknown[]) => words.filter((word) => !page.includes(`\`${word}\``));
  expect(named([...ERROR_CODES, ...GAP_REASONS, ...SUFFIXES])).toEqual([]);
  expect(Object.values(CLOSE).filter((code) => !page.includes(`| ${code} |`))).toEqual([]);
  expect(page).toContain(`${CLIENT_MESSAGE_MAX_BYTES} bytes`);
});
