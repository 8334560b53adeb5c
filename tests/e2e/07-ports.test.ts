import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addresses, byHand, gateway } from './support/hosts.ts';
import { HOSTS, type HostName } from './support/kit.ts';
import { OUTSIDE, standOutside } from './support/outside.ts';
import { scanAll } from './support/scan.ts';

let hosts: Record<HostName, string>;
let operator: string;
let leave: () => Promise<void>;

beforeAll(async () => {
  hosts = await addresses();
  operator = await gateway();
  leave = await standOutside();
});
afterAll(() => leave());

/** What the inventory declares to the world: the load balancer, and nothing else. */
const DECLARED: Record<HostName, number[]> = { 'backend-1': [], 'ws-1': [], 'ws-2': [], 'lb-1': [3004] };

describe('from outside', () => {
  test.each(HOSTS)('%s: all 65535 ports', async (host) => {
    expect(await scanAll(hosts[host], OUTSIDE)).toEqual({ open: DECLARED[host], refused: [], odd: {} });
  });

  test('the scan sees a port that is there', async () => {
    // From an address that may log in, the same scan finds SSH: silence above is not a scan that does not work.
    expect((await scanAll(hosts['lb-1'], operator)).open).toEqual([22, 3004]);
  });
});

describe('from one host to another', () => {
  /** Who may open a connection to which port. Everything that listens on an address that others reach is in here, or closed. */
  const MAY: Record<HostName, Record<number, HostName[]>> = {
    'backend-1': { 22: ['ws-1', 'ws-2', 'lb-1'], 5000: ['ws-1', 'ws-2'], 9092: ['ws-1', 'ws-2'] },
    'ws-1': { 22: ['backend-1', 'ws-2', 'lb-1'], 3004: ['backend-1', 'ws-2', 'lb-1'] },
    'ws-2': { 22: ['backend-1', 'ws-1', 'lb-1'], 3004: ['backend-1', 'ws-1', 'lb-1'] },
    'lb-1': { 22: ['backend-1', 'ws-1', 'ws-2'], 3004: ['backend-1', 'ws-1', 'ws-2'], 8404: ['backend-1'] },
  };

  /** Ports that listen on some other address than loopback. */
  async function listening(host: HostName): Promise<number[]> {
    const lines = (await byHand(host, 'ss -Hltn')).split('\n').map((line) => line.trim().split(/\s+/)[3] ?? '');
    const ports = lines
      .filter((local) => !/^(127\.|\[::1\])/.test(local))
      .map((local) => Number(local.slice(local.lastIndexOf(':') + 1)));
    return [...new Set(ports)].sort((a, b) => a - b);
  }

  test('every port that is open is open to those who need it', async () => {
    const asked = await Promise.all(HOSTS.map(async (host) => ({ host, ports: await listening(host) })));
    for (const { host, ports } of asked)
      for (const port of Object.keys(MAY[host])) expect(ports, `${host} listens on`).toContain(Number(port));

    const reached = await Promise.all(
      HOSTS.map(async (from) => {
        const questions = asked
          .filter(({ host }) => host !== from)
          .flatMap(({ host, ports }) => ports.map((port) => `ask ${host} ${hosts[host]} ${port} &`));
        const answers = await byHand(
          from,
          `ask() { if timeout 2 bash -c "exec 3<>/dev/tcp/$2/$3" 2>/dev/null; then echo "$1 $3"; fi; }\n${questions.join('\n')}\nwait`,
        );
        return answers
          .split('\n')
          .filter(Boolean)
          .map((answer) => `${from} → ${answer}`);
      }),
    );
    const allowed = HOSTS.flatMap((to) =>
      Object.entries(MAY[to]).flatMap(([port, from]) => from.map((each) => `${each} → ${to} ${port}`)),
    );
    expect(reached.flat().sort()).toEqual(allowed.sort());
    console.log(asked.map(({ host, ports }) => `${host} listens on ${ports.join(' ')}`).join('\n'));
  });
});

describe('the address of a client behind the load balancer', () => {
  /** The status that this machine gets, speaking from one of its addresses. */
  const statusFrom = (localAddress: string, host: HostName, path: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const asked = request({ host: hosts[host], port: 3004, path, localAddress, timeout: 5_000 }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.once('timeout', () => asked.destroy(new Error(`${host}${path}: no answer within 5 s`)));
      asked.once('error', reject);
      asked.end();
    });
  /** The status that a host gets through the load balancer. */
  const statusOn = async (from: HostName, path: string): Promise<number> =>
    Number(await byHand(from, `curl -sS -m 5 -o /dev/null -w '%{http_code}' http://${hosts['lb-1']}:3004${path}`));

  test('the page is for everybody', async () => {
    expect(await statusFrom(OUTSIDE, 'lb-1', '/')).toBe(200);
    expect(await statusFrom(operator, 'lb-1', '/')).toBe(200);
  });

  test('metrics are for hosts of the environment: the balancer does not lend its own address to anybody', async () => {
    expect(await statusFrom(OUTSIDE, 'lb-1', '/metrics')).toBe(403);
    expect(await statusFrom(operator, 'lb-1', '/metrics')).toBe(403);
    expect(await statusOn('lb-1', '/metrics')).toBe(403);
    expect(await statusOn('backend-1', '/metrics')).toBe(200);
    expect(await statusFrom(operator, 'ws-1', '/metrics')).toBe(403);
  });

  test('nobody but the balancer may say who a client is', async () => {
    expect(await firstLine(hosts['ws-1'], SPOOF)).toBe('HTTP/1.1 400 Bad Request');
    expect(await firstLine(hosts['lb-1'], SPOOF)).toBe('HTTP/1.1 400 Bad Request');
  });
});

/** A client that gives itself an internal address. */
const SPOOF = 'PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\nGET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

/** The first line that a server answers to some bytes. */
function firstLine(host: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: 3004 }, () => socket.write(bytes));
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.setTimeout(5_000, () => socket.destroy(new Error(`${host}: no answer within 5 s`)));
    socket.once('close', () => resolve(text.split('\r\n')[0] ?? ''));
    socket.once('error', reject);
  });
}
