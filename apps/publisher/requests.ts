/** What `/start` and `/rate` accept. */

import { isToken, TOKEN_MAX_LENGTH } from '@odin/events';
import { RATE_MAX, RATE_MIN, TOKENS_MAX } from './settings.ts';

/** Becomes a 400 with this message. */
export class BadRequestError extends Error {
  override readonly name = 'BadRequestError';
}

export function parseBody(text: string): Record<string, unknown> {
  let body: unknown;
  try {
    body = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    throw new BadRequestError('the body is not JSON');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new BadRequestError('the body must be an object');
  }
  return body as Record<string, unknown>;
}

export function parseRate(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < RATE_MIN || value > RATE_MAX) {
    throw new BadRequestError(`rate must be a number from ${RATE_MIN} to ${RATE_MAX} events a second`);
  }
  return value;
}

export function parseTokens(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new BadRequestError('tokenIds array is required and must not be empty');
  }
  if (value.length > TOKENS_MAX) throw new BadRequestError(`at most ${TOKENS_MAX} tokenIds`);
  const bad = value.find((token) => !isToken(token));
  if (bad !== undefined) {
    throw new BadRequestError(
      `tokenIds: ${JSON.stringify(bad)} is not a token (letters, digits, "_", "-", at most ${TOKEN_MAX_LENGTH})`,
    );
  }
  return [...new Set(value as string[])];
}
