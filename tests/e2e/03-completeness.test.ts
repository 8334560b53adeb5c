import { setTimeout as pause } from 'node:timers/promises';
import { EPOCH_TOPIC, PROBE_TOKEN, TOPIC_NAMES } from '@odin/events';
import { createAdmin, type FeedRecord, type KafkaAdmin, startTail } from '@odin/kafka';
import { beforeAll, describe, expect, test } from 'vitest';
import { until } from '../support/wait.ts';
import { type FeedListener, listen, nameOf } from './support/feed.ts';
import { addresses } from './support/hosts.ts';
import { withKafka } from './support/kafka.ts';

const TOKENS = ['BTC', 'ETH', 'SOL'];
const WINDOW_MS = 20_000;
/** From the end of the window to the last event at the last client. */
const ARRIVE_MS = 10_000;

/** The next offset of every partition: `odin.trades/3` → 1234. */
type Ends = ReadonlyMap<string, number>;

async function ends(admin: KafkaAdmin): Promise<Ends> {
  const topics = await Promise.all(TOPIC_NAMES.map(async (topic) => [topic, await admin.offsets(topic)] as const));
  return new Map(
    topics.flatMap(([topic, partitions]) =>
      [...partitions].map(([partition, { high }]) => [`${topic}/${partition}`, high] as const),
    ),
  );
}

/** What one client got, and by which way. */
interface Watched {
  way: string;
  token: string;
  listener: FeedListener;
}

describe('every client of every instance gets every event of its token', () => {
  let from: Ends;
  let to: Ends;
  let clients: Watched[];
  /** What the topics hold in the window, read from the broker. */
  let held: FeedRecord[];
  let epoch: string | undefined;

  const inWindow = (at: { topic: string; partition: number; offset: number }): boolean => {
    const place = `${at.topic}/${at.partition}`;
    return at.offset >= (from.get(place) ?? 0) && at.offset < (to.get(place) ?? 0);
  };

  beforeAll(async () => {
    const hosts = await addresses();
    const ways: Record<string, string> = {
      'ws-1': `ws://${hosts['ws-1']}:3004/ws`,
      'ws-2': `ws://${hosts['ws-2']}:3004/ws`,
      'load balancer': 'ws://localhost:13004/ws',
    };
    await withKafka(async (kafka) => {
      const admin = await createAdmin(kafka);
      const records: FeedRecord[] = [];
      const tail = startTail({
        ...kafka,
        groupId: 'odin-e2e',
        instance: 'e2e',
        delivery: 'all',
        topics: TOPIC_NAMES,
        marker: EPOCH_TOPIC,
        onRecords: (_epoch, batch) => void records.push(...batch),
      });
      try {
        await until('the topics are read', () => tail.health().healthy, { ms: 30_000, seen: () => tail.health() });
        clients = await Promise.all(
          Object.entries(ways).flatMap(([way, url]) =>
            TOKENS.map(async (token) => ({ way, token, listener: await listen(`${url}?token=${token}`) })),
          ),
        );
        from = await ends(admin);
        await pause(WINDOW_MS);
        to = await ends(admin);
        const size = [...to].reduce((sum, [place, end]) => sum + end - (from.get(place) ?? 0), 0);
        held = await until(
          'everything that the topics hold was read',
          () => {
            const inside = records.filter(inWindow);
            return inside.length >= size ? inside : undefined;
          },
          { ms: ARRIVE_MS, seen: () => `${records.filter(inWindow).length} of ${size}` },
        );
        expect(held).toHaveLength(size);
        const last = (token: string): string[] => expected(token).slice(-50);
        await until(
          'the newest of them reached every client',
          () =>
            clients.every(({ token, listener }) => {
              const got = new Set(listener.events.map(nameOf));
              return last(token).every((name) => got.has(name));
            }),
          { ms: ARRIVE_MS, seen: () => clients.map(({ way, listener }) => `${way} ${listener.events.length}`) },
        ).catch((error: unknown) => console.log(String(error)));
        epoch = tail.health().epoch;
      } finally {
        for (const { listener } of clients ?? []) listener.close();
        await tail.stop();
        await admin.close();
      }
    });
    console.log(`${held.length} records in ${WINDOW_MS / 1000} s, ${clients.length} clients`);
  });

  /** The names of the records of a token, by partition and offset. */
  function expected(token: string): string[] {
    return held.filter(({ key }) => key?.toString() === token).map(nameOf as (record: FeedRecord) => string);
  }

  test('the window holds events of every token on every topic that is not rare', () => {
    const keys = new Set(held.map(({ key }) => key?.toString()));
    keys.delete(PROBE_TOKEN);
    expect([...keys].sort()).toEqual(TOKENS);
    for (const token of TOKENS) expect(expected(token).length).toBeGreaterThan(WINDOW_MS / 1000);
  });

  test.each(['ws-1', 'ws-2', 'load balancer'])('%s: every event, none twice, none of another token', (way) => {
    for (const { token, listener } of clients.filter((client) => client.way === way)) {
      const got = listener.events.filter(inWindow);
      expect(got.map(nameOf).sort()).toEqual(expected(token).sort());
      expect(new Set(listener.events.map((event) => event.token))).toEqual(new Set([token]));
      expect(listener.messages.map(({ type }) => type)).toEqual(['welcome']);
      expect(new Set(listener.events.map((event) => event.epoch))).toEqual(new Set([epoch]));
    }
  });

  test.each(['ws-1', 'ws-2', 'load balancer'])('%s: in the order of each partition', (way) => {
    for (const { listener } of clients.filter((client) => client.way === way)) {
      const last = new Map<string, number>();
      for (const { topic, partition, offset } of listener.events) {
        const place = `${topic}/${partition}`;
        expect(offset, place).toBeGreaterThan(last.get(place) ?? -1);
        last.set(place, offset);
      }
    }
  });

  test('both instances serve under their own names', () => {
    const names = clients.map(({ way, listener }) => [way, listener.messages[0]?.data?.instance]);
    expect(names.filter(([way]) => way === 'ws-1').every(([, name]) => name === 'ws-1')).toBe(true);
    expect(names.filter(([way]) => way === 'ws-2').every(([, name]) => name === 'ws-2')).toBe(true);
    // Least connections: three clients through the balancer do not all meet one instance.
    expect(new Set(names.filter(([way]) => way === 'load balancer').map(([, name]) => name)).size).toBe(2);
  });
});
