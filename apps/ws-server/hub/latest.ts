/**
 * The latest state after a gap: on topics where one event of a type is the whole state of a token, the last one of each
 * type makes up for all that were missed.
 */

import { ENVELOPE_END, type Envelope, type GapRange, parseChannel, type Suffix, topicIndex } from '@odin/events';
import { payloadOf } from './frames.ts';
import type { Hub } from './hub.ts';

const WHOLE_STATE: readonly Suffix[] = ['analytics', 'metadata'];
/** Entries looked at for each channel: rare types may lie deeper, and then stay part of the gap. */
const LOOKS_MAX = 256;

/** Frames of events inside the gap, oldest first. */
export function latestOf(hub: Hub, ranges: readonly GapRange[]): Buffer[] {
  return ranges.flatMap(({ channel, topic, from, to }) => {
    const parsed = parseChannel(channel);
    if (!parsed || !WHOLE_STATE.includes(parsed.suffix)) return [];
    const byType = new Map<string, Buffer>();
    let looks = 0;
    hub.history.walk(hub.tip(parsed.token, topicIndex(topic)), (_, offset, frame) => {
      looks += 1;
      if (offset < from || looks > LOOKS_MAX) return false;
      if (offset > to) return true;
      const type = typeOf(frame());
      if (type !== undefined && !byType.has(type)) byType.set(type, frame());
      return true;
    });
    return [...byType.values()].reverse();
  });
}

/** A record's value was never parsed: it may be anything between two braces. */
function typeOf(frame: Buffer): string | undefined {
  const text = payloadOf(frame);
  if (!text.endsWith(ENVELOPE_END)) return undefined;
  try {
    return (JSON.parse(text) as Envelope).event.type;
  } catch {
    return undefined;
  }
}
