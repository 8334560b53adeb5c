/** Who may connect. What is refused is refused before the upgrade, counted by reason, and told when to come back. */

import type { IncomingMessage } from 'node:http';
import { type FeedQuery, parseFeedQuery } from '@odin/events';
import type { Lifecycle } from '../lifecycle.ts';
import { clientAddress } from '../proxy/listener.ts';
import type { Refusal } from '../stats.ts';
import type { Pressure } from './pressure.ts';
import type { ConnectionRates } from './rates.ts';

const RETRY_AFTER_S = 2;

export type Admission =
  | { readonly ok: true; readonly query: FeedQuery }
  | { readonly ok: false; readonly refusal: Refusal; readonly response: string };

export interface AdmissionLimits {
  readonly maxConnections: number;
  /** How many there are. */
  readonly connections: () => number;
  readonly pressure?: Pick<Pressure, 'refusal'>;
  readonly rates?: Pick<ConnectionRates, 'refusal'>;
}

export class AdmissionPolicy {
  readonly #limits: AdmissionLimits;
  readonly #lifecycle: Lifecycle;

  constructor(limits: AdmissionLimits, lifecycle: Lifecycle) {
    this.#limits = limits;
    this.#lifecycle = lifecycle;
  }

  decide(request: IncomingMessage): Admission {
    const [path, query = ''] = (request.url ?? '').split('?', 2);
    if (path !== '/ws') return refuse('bad_path', 404, 'Not Found', 'the WebSocket is at /ws');
    const refusal = this.#noRoom(request);
    if (refusal) return refuse(refusal, 503, 'Service Unavailable', REASONS[refusal]);
    const parsed = parseFeedQuery(new URLSearchParams(query));
    if (parsed.ok) return { ok: true, query: parsed.message };
    return refuse(parsed.code === 'bad_cursor' ? 'bad_cursor' : 'bad_query', 400, 'Bad Request', parsed.reason);
  }

  #noRoom({ socket }: IncomingMessage): keyof typeof REASONS | undefined {
    const { maxConnections, connections, pressure, rates } = this.#limits;
    if (this.#lifecycle.ending) return 'ending';
    if (connections() >= maxConnections) return 'full';
    return pressure?.refusal() ?? rates?.refusal(clientAddress(socket));
  }
}

const REASONS = {
  ending: 'this instance ends',
  full: 'this instance is full',
  memory: 'this instance is short of memory',
  loop_delay: 'this instance is overloaded',
  rate: 'too many connections a second',
  address_rate: 'too many connections a second from this address',
} satisfies Partial<Record<Refusal, string>>;

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
