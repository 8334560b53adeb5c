/** What client and server say to each other beside envelopes. */

import type { ErrorCode } from './codes.ts';
import { type Cursor, parseCursor } from './cursor.ts';
import { parseChannel } from './token.ts';

/** No message of a client needs more; the server closes with 1009 above it. */
export const CLIENT_MESSAGE_MAX_BYTES = 4096;
export const CHANNELS_PER_MESSAGE_MAX = 100;

export type ClientMessage =
  | { readonly type: 'subscribe' | 'unsubscribe'; readonly channels: readonly string[] }
  | { readonly type: 'resume'; readonly cursor: Cursor; readonly channels?: readonly string[] }
  | { readonly type: 'heartbeat' };

export interface GapRange {
  readonly channel: string;
  readonly topic: string;
  readonly partition: number;
  /** First and last offset that may be missing, both inclusive. */
  readonly from: number;
  readonly to: number;
}

export type ServerMessage =
  | {
      readonly type: 'welcome';
      readonly data: {
        instance: string;
        release: string;
        epoch: string;
        channels: readonly string[];
        /** Where this connection begins; absent while a resume is under way, and before the server knows. */
        cursor?: string;
      };
    }
  | { readonly type: 'subscribed' | 'unsubscribed'; readonly data: { channels: readonly string[] } }
  | { readonly type: 'heartbeat'; readonly data: { ts: number; cursor?: string } }
  /** The resume is complete: everything up to `cursor` was sent or told as a gap, and what follows is live. */
  | { readonly type: 'resumed'; readonly data: { channels: readonly string[]; cursor?: string } }
  /** The server is about to close: everything up to `cursor` was sent. */
  | { readonly type: 'cursor'; readonly data: { cursor: string } }
  | {
      readonly type: 'error';
      readonly code: ErrorCode;
      readonly message: string;
      readonly channels?: readonly string[];
    }
  | { readonly type: 'gap'; readonly data: { reason: GapReason; epoch: string; ranges: readonly GapRange[] } };

/**
 * `lagging`: this client did not read fast enough. `log`: the server itself could not read these records any more.
 * `retention`: the cursor is older than what the log keeps. `epoch`: offsets began again, or the cursor is past the
 * end of the log; the ranges then hold what was written in the present epoch and is not sent.
 */
export const GAP_REASONS = ['lagging', 'log', 'retention', 'epoch'] as const;
export type GapReason = (typeof GAP_REASONS)[number];

export type Parsed<T> =
  | { readonly ok: true; readonly message: T }
  | { readonly ok: false; readonly code: ErrorCode; readonly reason: string; readonly channels?: readonly string[] };

/** Validates one text message of a client. A message with one unknown channel is refused as a whole. */
export function parseClientMessage(text: string): Parsed<ClientMessage> {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return { ok: false, code: 'bad_json', reason: 'the message is not JSON' };
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message) || !('type' in message)) {
    return { ok: false, code: 'bad_message', reason: 'a message is an object with a "type"' };
  }
  switch (message.type) {
    case 'heartbeat':
      return { ok: true, message: { type: 'heartbeat' } };
    case 'subscribe':
    case 'unsubscribe':
      return parseChannels(message.type, 'data' in message ? message.data : undefined);
    case 'resume':
      return parseResume('data' in message ? message.data : undefined);
    default:
      return { ok: false, code: 'unknown_type', reason: 'known types: subscribe, unsubscribe, resume, heartbeat' };
  }
}

function parseResume(data: unknown): Parsed<ClientMessage> {
  const { cursor: text, channels } = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>;
  const cursor = parseCursor(text);
  if (!cursor) return { ok: false, code: 'bad_cursor', reason: '"data.cursor" is a cursor that a server sent' };
  if (channels === undefined) return { ok: true, message: { type: 'resume', cursor } };
  const parsed = parseChannels('subscribe', data);
  if (!parsed.ok || parsed.message.type !== 'subscribe') return parsed;
  return { ok: true, message: { type: 'resume', cursor, channels: parsed.message.channels } };
}

function parseChannels(type: 'subscribe' | 'unsubscribe', data: unknown): Parsed<ClientMessage> {
  const channels: unknown = typeof data === 'object' && data !== null && 'channels' in data ? data.channels : undefined;
  if (!Array.isArray(channels) || channels.length === 0 || !channels.every((channel) => typeof channel === 'string')) {
    return { ok: false, code: 'bad_message', reason: '"data.channels" is a list of at least one channel name' };
  }
  if (channels.length > CHANNELS_PER_MESSAGE_MAX) {
    return { ok: false, code: 'too_many_channels', reason: `at most ${CHANNELS_PER_MESSAGE_MAX} channels a message` };
  }
  const unknown = channels.filter((channel) => !parseChannel(channel));
  if (unknown.length > 0) {
    return { ok: false, code: 'unknown_channel', reason: 'a channel is {TOKEN}.{suffix}', channels: unknown };
  }
  return { ok: true, message: { type, channels: [...new Set<string>(channels)] } };
}
