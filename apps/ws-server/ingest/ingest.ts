/** From Kafka to whoever serves clients: every record is passed on or counted as dropped. */

import { EPOCH_TOPIC, TOPIC_NAMES, topicIndex } from '@odin/events';
import { type FeedRecord, LogReader, startTail, type TailStart } from '@odin/kafka';
import type { Logger } from '@odin/runtime';
import type { Feed, FeedEvent, FeedSink } from '../feed/feed.ts';
import type { WsSettings } from '../settings.ts';
import type { IngestStats } from '../stats.ts';
import { eventOf } from './event.ts';
import { LogReplay } from './log-replay.ts';
import { Repeats } from './repeats.ts';

export interface Ingest extends Feed {
  stop(): Promise<void>;
}

/** `from`: where a reader before this one was, by epoch; when there was none, reading begins at the live end. */
export function startIngest(
  settings: WsSettings,
  sink: FeedSink,
  stats: IngestStats,
  log: Logger,
  from: readonly TailStart[] = [],
): Ingest {
  const repeats = new Repeats();
  const { brokers, groupId, instance, delivery } = settings;
  let takesOver = from.length > 0;
  const tail = startTail({
    brokers,
    groupId,
    instance,
    delivery,
    clientId: `odin-ws-${instance}`,
    logger: log,
    topics: TOPIC_NAMES,
    marker: EPOCH_TOPIC,
    from,
    onRecords: async (_, records) => {
      const [head] = records;
      if (!head) return;
      const events: FeedEvent[] = [];
      for (const record of records) accept(record, events, stats, repeats);
      const next = (records.at(-1)?.offset ?? head.offset) + 1;
      sink.slice({ topic: topicIndex(head.topic), partition: head.partition, first: head.offset, next, events });
      await sink.room?.();
    },
    onEpoch: (epoch) => {
      log.info('epoch', { epoch });
      sink.epoch(epoch);
    },
    onStart: (_, positions) => {
      const starts = positions.map(({ topic, ...position }) => ({ topic: topicIndex(topic), ...position }));
      if (takesOver) sink.rejoin(starts);
      else sink.start(starts);
      takesOver = false;
    },
    onGap: (epoch, gaps) => {
      log.warn('records missing from the log', { epoch, gaps });
      sink.gaps(gaps);
    },
  });
  const reader = new LogReader({ brokers, clientId: `odin-ws-${instance}-replay`, logger: log });
  const replay = new LogReplay(reader, settings.replayRate);
  return {
    health: () => tail.health(),
    read: (ask) => replay.read(ask),
    stop: async () => {
      await Promise.all([tail.stop(), reader.close()]);
    },
  };
}

function accept(record: FeedRecord, events: FeedEvent[], stats: IngestStats, repeats: Repeats): void {
  stats.records += 1;
  const event = eventOf(record);
  if ('dropped' in event) stats.recordsDropped[event.dropped] += 1;
  else if (repeats.isRepeat(record)) stats.recordsDropped.producer_repeat += 1;
  else events.push(event);
}
