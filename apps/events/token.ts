/** Tokens and channels. A channel is `{TOKEN}.{suffix}`, so a token may not hold a dot. */

import { SUFFIXES, type Suffix } from './topics.ts';

export const TOKEN_MAX_LENGTH = 32;
const TOKEN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

/** Reserved for the markers of a deploy's gate: no ordinary subscriber receives it, and it counts in no rate. */
export const PROBE_TOKEN = '_probe';

/** True for what a publisher may publish and a client may subscribe to. The probe token is neither. */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && TOKEN.test(value);
}

export interface Channel {
  readonly token: string;
  readonly suffix: Suffix;
}

/** Undefined when the token is malformed, reserved, or the suffix is none of ours. */
export function parseChannel(name: unknown): Channel | undefined {
  if (typeof name !== 'string') return undefined;
  const dot = name.indexOf('.');
  const token = name.slice(0, dot);
  const suffix = SUFFIXES.find((known) => known === name.slice(dot + 1));
  return dot > 0 && isToken(token) && suffix ? { token, suffix } : undefined;
}

export function channelName(token: string, suffix: Suffix): string {
  return `${token}.${suffix}`;
}
