/** The query of `/ws`: `?token=BTC[,ETH]` with optional `&events=trade,analytics` and `&cursor=…`. */

import { type Cursor, parseCursor } from './cursor.ts';
import type { Parsed } from './messages.ts';
import { isToken, PROBE_TOKEN } from './token.ts';
import { SUFFIXES, type Suffix } from './topics.ts';

export const TOKENS_PER_QUERY_MAX = 100;

export interface FeedQuery {
  readonly tokens: readonly string[];
  readonly suffixes: readonly Suffix[];
  /** Where to resume. */
  readonly cursor?: Cursor;
}

/** No token at all is allowed: such a client subscribes by message. The probe token must be asked for alone. */
export function parseFeedQuery(query: URLSearchParams): Parsed<FeedQuery> {
  const tokens = [...new Set(list(query, 'token'))];
  const wanted = [...new Set(list(query, 'events'))];
  const bad = tokens.find((token) => !isToken(token) && !(token === PROBE_TOKEN && tokens.length === 1));
  if (bad !== undefined) return { ok: false, code: 'bad_query', reason: `token "${bad}" is malformed` };
  if (tokens.length > TOKENS_PER_QUERY_MAX) {
    return { ok: false, code: 'too_many_channels', reason: `at most ${TOKENS_PER_QUERY_MAX} tokens a query` };
  }
  const suffixes = SUFFIXES.filter((suffix) => wanted.length === 0 || wanted.includes(suffix));
  const unknown = wanted.find((name) => !SUFFIXES.some((suffix) => suffix === name));
  if (unknown !== undefined) {
    return { ok: false, code: 'unknown_channel', reason: `events "${unknown}" is none of ${SUFFIXES.join(', ')}` };
  }
  const text = query.get('cursor');
  if (text === null || text === '') return { ok: true, message: { tokens, suffixes } };
  const cursor = parseCursor(text);
  if (!cursor) return { ok: false, code: 'bad_cursor', reason: 'the cursor is malformed' };
  return { ok: true, message: { tokens, suffixes, cursor } };
}

function list(query: URLSearchParams, key: string): string[] {
  return query
    .getAll(key)
    .flatMap((value) => value.split(','))
    .map((value) => value.trim())
    .filter((value) => value !== '');
}
