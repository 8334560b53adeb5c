/** The publisher's HTTP: `/health /status /version /metrics`, and `POST /start /stop /rate`. Not public. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Logger, messageOf } from '@odin/runtime';
import type { Registry } from 'prom-client';
import type { Feed } from './feed.ts';
import { BadRequestError, parseBody, parseRate, parseTokens } from './requests.ts';
import type { State } from './state.ts';

const BODY_MAX_BYTES = 1024 * 1024;
const DEFAULT_RATE = 100;

export interface HttpOptions {
  readonly feed: Feed;
  readonly metrics: Registry;
  readonly version: Record<string, string>;
  /** Makes a change durable. */
  readonly save: (state: State) => Promise<void>;
  readonly log: Logger;
}

type Route = (body: string) => Promise<Answer> | Answer;
type Answer = { readonly status?: number; readonly type?: string; readonly body: unknown };

export function createHttp({ feed, metrics, version, save, log }: HttpOptions): Server {
  let last: Promise<void> = Promise.resolve();
  // Saved first: what was answered with 200 survives a crash. One after the other: there is one state file.
  const change = (to: (before: State) => State): Promise<void> => {
    const done = last.then(async () => {
      const state = to(feed.state);
      await save(state);
      feed.change(state);
    });
    last = done.catch(() => undefined);
    return done;
  };
  const routes: Record<string, Route> = {
    'GET /health': () => ({ body: health(feed) }),
    'GET /status': () => ({ body: status(feed) }),
    'GET /version': () => ({ body: version }),
    'GET /metrics': async () => ({ type: metrics.contentType, body: await metrics.metrics() }),
    'POST /start': async (text) => {
      const body = parseBody(text);
      const rate = parseRate(body.rate ?? DEFAULT_RATE);
      const tokenIds = parseTokens(body.tokenIds);
      await change(() => ({ running: true, rate, tokenIds }));
      return { body: { status: 'started', rate, tokenCount: tokenIds.length } };
    },
    'POST /stop': async () => {
      await change((before) => ({ ...before, running: false }));
      return { body: { status: 'stopped' } };
    },
    'POST /rate': async (text) => {
      const rate = parseRate(parseBody(text).rate);
      await change((before) => {
        if (!before.running) throw new BadRequestError('not running: POST /start first');
        return { ...before, rate };
      });
      return { body: { status: 'updated', rate } };
    },
  };
  return createServer((request, response) => {
    answer(routes, request)
      .catch((error: unknown): Answer => {
        if (error instanceof BadRequestError) return { status: 400, body: { error: error.message } };
        log.error('request failed', { url: request.url, error: messageOf(error) });
        return { status: 500, body: { error: 'internal error' } };
      })
      .then((result) => send(response, result));
  });
}

async function answer(routes: Record<string, Route>, request: IncomingMessage): Promise<Answer> {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const route = routes[`${request.method} ${path}`];
  if (route) return route(await readBody(request));
  const methods = Object.keys(routes).filter((key) => key.endsWith(` ${path}`));
  return methods.length > 0
    ? { status: 405, body: { error: `use ${methods.map((key) => key.split(' ')[0]).join(', ')}` } }
    : { status: 404, body: { error: `no such path; known: ${Object.keys(routes).join(', ')}` } };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > BODY_MAX_BYTES) throw new BadRequestError(`the body is larger than ${BODY_MAX_BYTES} bytes`);
  }
  return text;
}

function send(response: ServerResponse, { status = 200, type, body }: Answer): void {
  response.writeHead(status, { 'content-type': type ?? 'application/json' });
  response.end(typeof body === 'string' ? body : `${JSON.stringify(body)}\n`);
}

function health(feed: Feed): Record<string, unknown> {
  return {
    status: 'ok',
    publisher: feed.connected ? 'connected' : 'disconnected',
    simulator: feed.state.running ? 'running' : 'stopped',
    currentRate: feed.currentRate,
  };
}

function status(feed: Feed): Record<string, unknown> {
  const { running, rate, tokenIds } = feed.state;
  const { published, failedSends, skipped } = feed.counters;
  return {
    isRunning: running,
    currentRate: feed.currentRate,
    targetRate: running ? rate : 0,
    tokenIds,
    publisherHealthy: feed.connected || !running,
    runId: feed.runId,
    published,
    failed: failedSends,
    skipped,
  };
}
