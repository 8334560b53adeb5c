/** HTTP beside the WebSocket: health, metrics, version, the live page. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Registry } from 'prom-client';
import type { Instance } from '../instance.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { clientAddress } from '../proxy/listener.ts';
import type { Networks } from '../proxy/networks.ts';
import type { Asset } from './assets.ts';

export interface RouteOptions {
  readonly lifecycle: Lifecycle;
  readonly instance: Instance;
  readonly version: Record<string, string>;
  readonly internal: Networks;
  readonly assets: ReadonlyMap<string, Asset>;
}

const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

export function createHttp(options: RouteOptions): Server {
  return createServer((request, response) => {
    route(options, request, response).catch(() => {
      if (!response.headersSent) json(response, 500, { error: 'internal error' });
    });
  });
}

async function route(options: RouteOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { lifecycle, instance, version, assets, internal } = options;
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    json(response, 405, { error: 'use GET' });
    return;
  }
  switch (path) {
    case '/health': {
      const report = await instance.health();
      json(response, report.healthy ? 200 : 503, report);
      return;
    }
    case '/livez':
      json(response, 200, { live: true });
      return;
    case '/readyz':
      flag(response, 'ready', lifecycle.ready);
      return;
    case '/lb':
      flag(response, 'admitting', lifecycle.admitting);
      return;
    case '/version':
      json(response, 200, version);
      return;
    case '/metrics':
      if (!internal.has(clientAddress(request.socket))) {
        json(response, 403, { error: 'metrics are for internal addresses' });
        return;
      }
      response.writeHead(200, { 'content-type': Registry.PROMETHEUS_CONTENT_TYPE }).end(await instance.metrics());
      return;
    case '/ws':
      response.setHeader('upgrade', 'websocket');
      json(response, 426, { error: 'this is a WebSocket: connect with ?token=BTC' });
      return;
  }
  const asset = assets.get(path);
  if (!asset) {
    json(response, 404, { error: 'no such path' });
    return;
  }
  const body = await asset.body();
  response.writeHead(200, { 'content-type': asset.type, ...SECURITY_HEADERS }).end(body);
}

function flag(response: ServerResponse, name: string, value: boolean): void {
  json(response, value ? 200 : 503, { [name]: value });
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}
