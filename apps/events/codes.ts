/** WebSocket close codes and error codes of the feed. */

/** Registered codes of RFC 6455 §7.4.1 and the IANA registry (1012, 1013), with what they mean here. */
export const CLOSE = {
  /** The server process ends and sends no hint. */
  goingAway: 1001,
  /** The client reads too slowly, or asks too often. */
  policy: 1008,
  /** A client's message is larger than CLIENT_MESSAGE_MAX_BYTES. */
  tooBig: 1009,
  /** This instance restarts; the reason is `{"retryMs":n}`. */
  serviceRestart: 1012,
  /** The instance is full. */
  tryAgainLater: 1013,
} as const;

/** The reason of a 1012: how long to wait before connecting again, milliseconds. */
export function restartReason(retryMs: number): string {
  return JSON.stringify({ retryMs });
}

export const ERROR_CODES = [
  'bad_json',
  'bad_message',
  'unknown_type',
  'unknown_channel',
  'too_many_channels',
  'rate_limited',
  'bad_query',
  'bad_cursor',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];
