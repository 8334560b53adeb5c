import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { acceptProxies, clientAddress } from '../../../apps/ws-server/proxy/listener.ts';
import { Networks } from '../../../apps/ws-server/proxy/networks.ts';
import { v2 } from '../../support/proxy.ts';

const REQUEST = 'GET /who HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
const header = v2({ body: Buffer.from([203, 0, 113, 9, 10, 0, 0, 1, 0x30, 0x39, 0x0b, 0xbc]) });
const servers: Server[] = [];
let behind = 0;
let direct = 0;

async function serve(proxies: readonly string[]): Promise<number> {
  const http = createServer((request, response) => response.end(`client ${clientAddress(request.socket)}`));
  acceptProxies(http, new Networks(proxies), () => undefined);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  servers.push(http);
  return (http.address() as AddressInfo).port;
}

/** Sends the parts one after the other, in packets of their own, and returns the whole answer. */
async function talk(port: number, ...parts: (string | Buffer)[]): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let answer = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    answer += chunk;
  });
  const closed = once(socket, 'close');
  for (const [index, part] of parts.entries()) {
    if (index > 0) await sleep(15);
    socket.write(part);
  }
  await closed;
  return answer;
}

beforeAll(async () => {
  behind = await serve(['127.0.0.0/8']);
  direct = await serve(['192.0.2.0/24']);
});
afterAll(() => {
  for (const server of servers) server.close();
});

test.each<[string, (string | Buffer)[]]>([
  ['header and request in one packet', [Buffer.concat([header, Buffer.from(REQUEST)])]],
  ['header, then request', [header, REQUEST]],
  ['header cut in two', [header.subarray(0, 9), Buffer.concat([header.subarray(9), Buffer.from(REQUEST)])]],
  ['byte by byte', [...header].map((byte) => Buffer.from([byte])).concat(Buffer.from(REQUEST))],
  ['version 1', [`PROXY TCP4 203.0.113.9 10.0.0.1 1 2\r\n${REQUEST}`]],
])('from a declared proxy, the client is the carried one: %s', async (_name, parts) => {
  expect(await talk(behind, ...parts)).toMatch(/^HTTP\/1.1 200 .*client 203\.0\.113\.9/s);
});

test('a LOCAL header (a health check) leaves the proxy as the client', async () => {
  const local = v2({ command: 0x20, family: 0, body: Buffer.alloc(0) });
  expect(await talk(behind, local, REQUEST)).toMatch(/^HTTP\/1.1 200 .*client 127\.0\.0\.1/s);
});

test('a declared proxy without a header is refused', async () => {
  expect(await talk(behind, REQUEST)).toMatch(/^HTTP\/1.1 400 /);
});

test.each<[string, string | Buffer]>([
  ['version 1', `PROXY TCP4 10.0.0.9 10.0.0.1 1 2\r\n${REQUEST}`],
  ['version 2', Buffer.concat([header, Buffer.from(REQUEST)])],
])('from anyone else a header is a bad request: %s', async (_name, bytes) => {
  expect(await talk(direct, bytes)).toMatch(/^HTTP\/1.1 400 /);
});

test('from anyone else plain HTTP works', async () => {
  expect(await talk(direct, REQUEST)).toMatch(/client 127\.0\.0\.1/);
});

test('a connection that ends in its header harms nobody', async () => {
  const socket = connect({ port: behind, host: '127.0.0.1' });
  socket.end(header.subarray(0, 5));
  socket.resume();
  await once(socket, 'close');
  expect(await talk(behind, header, REQUEST)).toMatch(/ 200 /);
});
