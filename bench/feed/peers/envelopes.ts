/** The envelope of a message, as the ws-server builds it, for the peers that are compared with it. */

import { ENVELOPE_END, envelopeMiddle, envelopePrefix } from '@odin/events';
import { type FeedMessage, tokenName } from '../stream.ts';

const prefixes = new Map<number, string>();

export function envelopeText({ token, offset, ts, value }: FeedMessage): string {
  let prefix = prefixes.get(token);
  if (prefix === undefined) {
    prefix = envelopePrefix({
      epoch: 'e1',
      token: tokenName(token),
      suffix: 'trade',
      topic: 'odin.trades',
      partition: 3,
    });
    prefixes.set(token, prefix);
  }
  return `${prefix}${envelopeMiddle(offset, ts)}${value.toString()}${ENVELOPE_END}`;
}
