import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { digestOf } from '#fleet/build/push.ts';

const LOGIN = { user: 'odin', password: 'secret' };

let server: Server | undefined;
afterEach(() => server?.close());

/** A registry as the protocol describes it, as far as one manifest goes. */
async function registry(
  status: number,
  headers: Record<string, string> = {},
): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = [];
  server = createServer((request, response) => {
    asked.push(
      `${request.method} ${request.url}`,
      String(request.headers.accept),
      String(request.headers.authorization),
    );
    response.writeHead(status, headers).end();
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, asked };
}

it('asks for the manifest in the forms that Docker pushes', async () => {
  const { port, asked } = await registry(200, { 'docker-content-digest': 'sha256:abc' });
  expect(await digestOf(port, 'kafka', '0123456789ab', LOGIN)).toBe('sha256:abc');
  expect(asked[0]).toBe('HEAD /v2/odin/kafka/manifests/0123456789ab');
  expect(asked[1]).toContain('application/vnd.docker.distribution.manifest.v2+json');
  expect(asked[2]).toBe(`Basic ${Buffer.from('odin:secret').toString('base64')}`);
});

it('knows a release that is not there from a registry that is not well', async () => {
  expect(await digestOf((await registry(404)).port, 'kafka', 'r', LOGIN)).toBeUndefined();
  server?.close();
  await expect(digestOf((await registry(503)).port, 'kafka', 'r', LOGIN)).rejects.toThrow('the registry answered 503');
});

it('says when nobody answers', async () => {
  const { port } = await registry(200);
  await new Promise((resolve) => server?.close(resolve));
  await expect(digestOf(port, 'kafka', 'r', LOGIN)).rejects.toThrow('the registry does not answer');
});
