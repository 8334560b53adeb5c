/** From Kafka to the hub: every record is published or counted as dropped. */

import { isUtf8 } from 'node:buffer';
import { EPOCH_TOPIC, TOPIC_NAMES, topicIndex } from '@odin/events';
import { type FeedRecord, startTail, type Tail } from '@odin/kafka';
import type { Logger } from '@odin/runtime';
import { type Hub, isFeedKey } from '../hub/hub.ts';
import { tellEpoch, tellLogGaps } from '../hub/notices.ts';
import type { WsSettings } from '../settings.ts';
import type { Stats } from '../stats.ts';
import { Repeats } from './repeats.ts';

const BRACE_OPEN = '{'.charCodeAt(0);
const BRACE_CLOSE = '}'.charCodeAt(0);

export function startIngest(settings: WsSettings, hub: Hub, stats: Stats, log: Logger): Tail {
  const repeats = new Repeats();
  const { brokers, groupId, instance, delivery } = settings;
  return startTail({
    brokers,
    groupId,
    instance,
    delivery,
    clientId: `odin-ws-${instance}`,
    logger: log,
    topics: TOPIC_NAMES,
    marker: EPOCH_TOPIC,
    onRecords: (epoch, records) => {
      const [first] = records;
      if (!first) return;
      const topic = topicIndex(first.topic);
      hub.seek(topic, first.partition, first.offset);
      for (const record of records) publish(epoch, topic, record, hub, stats, repeats);
      hub.position.set(topic, first.partition, (records.at(-1)?.offset ?? first.offset) + 1);
    },
    onEpoch: (epoch) => {
      log.info('epoch', { epoch });
      const isFirst = hub.position.epoch === '';
      hub.restart(epoch);
      if (!isFirst) stats.gapsSent.epoch += tellEpoch(hub, epoch);
    },
    onStart: (_, positions) => {
      for (const { topic, partition, next } of positions) hub.seek(topicIndex(topic), partition, next);
    },
    onGap: (epoch, gaps) => {
      log.warn('records missing from the log', { epoch, gaps });
      stats.gapsSent.log += tellLogGaps(hub, gaps);
    },
  });
}

function publish(epoch: string, topic: number, record: FeedRecord, hub: Hub, stats: Stats, repeats: Repeats): void {
  stats.records += 1;
  const event = eventOf(record);
  if ('dropped' in event) stats.recordsDropped[event.dropped] += 1;
  else if (repeats.isRepeat(record)) stats.recordsDropped.producer_repeat += 1;
  else hub.publish(epoch, topic, event.token, record, event.value);
}

/** Token and value of a record that clients may be sent. */
export function eventOf({ key, value }: FeedRecord) {
  const token = key?.toString('latin1');
  if (token === undefined || !isFeedKey(token)) return { dropped: 'no_key' } as const;
  if (!value || !isObjectText(value)) return { dropped: 'malformed' } as const;
  return { token, value };
}

/**
 * The value goes into the envelope unparsed. Not valid UTF-8 would make every client close with 1007; the braces tell
 * JSON from anything else that might be written to a topic.
 */
function isObjectText(value: Buffer): boolean {
  return value[0] === BRACE_OPEN && value.at(-1) === BRACE_CLOSE && isUtf8(value);
}
