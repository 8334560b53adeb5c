/** Which records may be an event of the feed. */

import { isUtf8 } from 'node:buffer';
import { isToken, PROBE_TOKEN } from '@odin/events';
import type { FeedRecord } from '@odin/kafka';

const BRACE_OPEN = '{'.charCodeAt(0);
const BRACE_CLOSE = '}'.charCodeAt(0);

/** A record that clients may be sent, or why they may not. */
export function eventOf({ key, value, offset, timestamp }: FeedRecord) {
  const token = key?.toString('latin1');
  if (token === undefined || !isFeedKey(token)) return { dropped: 'no_key' } as const;
  if (!value || !isObjectText(value)) return { dropped: 'malformed' } as const;
  return { token, offset, timestamp, value };
}

function isFeedKey(key: string): boolean {
  return key === PROBE_TOKEN || isToken(key);
}

/**
 * The value goes into the envelope unparsed. Not valid UTF-8 would make every client close with 1007; the braces tell
 * JSON from anything else that might be written to a topic.
 */
function isObjectText(value: Buffer): boolean {
  return value[0] === BRACE_OPEN && value.at(-1) === BRACE_CLOSE && isUtf8(value);
}
