/** What is told to everybody whom it concerns: records that nobody will see, and offsets that began again. */

import { channelName, type GapRange, type GapReason, SUFFIXES, topicIndex } from '@odin/events';
import type { LogGap } from '@odin/kafka';
import { textFrame } from './frames.ts';
import type { Group } from './group.ts';
import type { Hub } from './hub.ts';

/** Tells the members of every group that has a channel in one of the `gaps`. Returns how many were told. */
export function tellLogGaps(hub: Hub, gaps: readonly LogGap[]): number {
  let told = 0;
  for (const group of hub.groups()) {
    const ranges = gaps.flatMap((gap) => rangesOf(hub, group, gap));
    if (ranges.length === 0) continue;
    group.notice(gapFrame('log', hub.position.epoch, ranges), ranges);
    hub.flush(group);
    told += group.members.length;
  }
  return told;
}

/** Tells every client that offsets began again: events of the end of the last epoch may be missing. */
export function tellEpoch(hub: Hub, epoch: string): number {
  let told = 0;
  for (const group of hub.groups()) {
    group.notice(gapFrame('epoch', epoch, []));
    hub.flush(group);
    told += group.members.length;
  }
  return told;
}

function rangesOf(hub: Hub, { token, mask }: Group, { topic, partition, from, to }: LogGap): GapRange[] {
  const index = topicIndex(topic);
  const suffix = SUFFIXES[index];
  if (!suffix || (mask & (1 << index)) === 0 || hub.partitionOf(token, index) !== partition) return [];
  return [{ channel: channelName(token, suffix), topic, partition, from, to }];
}

function gapFrame(reason: GapReason, epoch: string, ranges: readonly GapRange[]): Buffer {
  return textFrame(JSON.stringify({ type: 'gap', data: { reason, epoch, ranges } }));
}
