/** Who may connect. What is refused is refused before the upgrade, counted by reason, and told when to come back. */

import type { IncomingMessage } from 'node:http';
import { type FeedQuery, parseFeedQuery } from '@odin/events';
import type { Lifecycle } from './lifecycle.ts';
import type { Refusal, Stats } from './stats.ts';

const RETRY_AFTER_S = 2;

export type Admission =
  | { readonly ok: true; readonly query: FeedQuery }
  | { readonly ok: false; readonly refusal: Refusal; readonly response: string };

export class AdmissionPolicy {
  readonly #maxConnections: number;
  readonly #lifecycle: Lifecycle;
  readonly #stats: Stats;

  constructor(maxConnections: number, lifecycle: Lifecycle, stats: Stats) {
    this.#maxConnections = maxConnections;
    this.#lifecycle = lifecycle;
    this.#stats = stats;
  }

  decide(request: IncomingMessage): Admission {
    const [path, query = ''] = (request.url ?? '').split('?', 2);
    if (path !== '/ws') return refuse('bad_path', 404, 'Not Found', 'the WebSocket is at /ws');
    if (this.#lifecycle.ending) return refuse('ending', 503, 'Service Unavailable', 'this instance ends');
    if (this.#stats.connections >= this.#maxConnections) {
      return refuse('full', 503, 'Service Unavailable', 'this instance is full');
    }
    const parsed = parseFeedQuery(new URLSearchParams(query));
    if (parsed.ok) return { ok: true, query: parsed.message };
    return refuse(parsed.code === 'bad_cursor' ? 'bad_cursor' : 'bad_query', 400, 'Bad Request', parsed.reason);
  }
}

function refuse(refusal: Refusal, status: number, phrase: string, reason: string): Admission {
  const body = `${JSON.stringify({ error: refusal, message: reason })}\n`;
  const lines = [
    `HTTP/1.1 ${status} ${phrase}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(status === 503 ? [`Retry-After: ${RETRY_AFTER_S}`] : []),
  ];
  return { ok: false, refusal, response: `${lines.join('\r\n')}\r\n\r\n${body}` };
}
