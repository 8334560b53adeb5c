import { EPOCH_TOPIC, TOPICS } from '@odin/events';
import type { TopicSpec } from '@odin/kafka';
import { describe, expect, it } from 'vitest';
import type { ControllerKind, Decision } from '#engine/resource.ts';
import { topics } from '#roles/topics/role.ts';
import { type TopicsArgs, topicsResource } from '#roles/topics/topics.ts';
import { clusterInventory, inventoryOf, sandboxInventory } from '../support/inventory.ts';
import { resourcesOf } from '../support/roles.ts';

const topic = (name: string, partitions: number, configs: Record<string, string>, replication = 1): TopicSpec => ({
  name,
  partitions,
  replication,
  configs,
});
const WANTED = [
  topic('odin.trades', 12, { 'retention.ms': '30000', 'cleanup.policy': 'delete' }),
  topic('odin.social', 12, { 'retention.ms': '3600000', 'cleanup.policy': 'delete' }),
];
const [TRADES, SOCIAL] = WANTED as [TopicSpec, TopicSpec];
/** As a broker describes a topic: with every setting that it has. */
const described = (spec: TopicSpec, more: Partial<TopicSpec> = {}): TopicSpec => ({
  ...spec,
  ...more,
  configs: { 'segment.ms': '60000', 'max.message.bytes': '1048588', ...spec.configs, ...more.configs },
});

const resource = topicsResource({ topics: WANTED });
const decide = (seen: readonly TopicSpec[]): Decision =>
  (resource.kind as ControllerKind<TopicsArgs, readonly TopicSpec[]>).decide(resource.args as TopicsArgs, seen);
const line = (seen: readonly TopicSpec[]): string => {
  const decision = decide(seen);
  return decision.state === 'ok' ? 'ok' : `${decision.action} ${decision.summary}`;
};

describe('what is decided', () => {
  const table: [what: string, seen: TopicSpec[], decision: string][] = [
    ['all as wanted', [described(TRADES), described(SOCIAL)], 'ok'],
    ['none there', [], '+ create odin.trades odin.social'],
    ['one missing', [described(SOCIAL)], '+ create odin.trades'],
    [
      'another retention',
      [described(TRADES, { configs: { 'retention.ms': '604800000' } }), described(SOCIAL)],
      '~ odin.trades: retention.ms 604800000 → 30000',
    ],
    [
      'a setting that the broker does not tell',
      [topic('odin.trades', 12, { 'cleanup.policy': 'delete' }), described(SOCIAL)],
      '~ odin.trades: retention.ms (default) → 30000',
    ],
    ['fewer partitions', [described(TRADES, { partitions: 3 }), described(SOCIAL)], '~ odin.trades: partitions 3 → 12'],
    ['more partitions are left alone', [described(TRADES, { partitions: 24 }), described(SOCIAL)], 'ok'],
    ['another number of copies is left alone', [described(TRADES, { replication: 3 }), described(SOCIAL)], 'ok'],
    ['topics of others are left alone', [described(TRADES), described(SOCIAL), topic('theirs', 1, {})], 'ok'],
    [
      'several things at once',
      [described(TRADES, { partitions: 6, configs: { 'cleanup.policy': 'compact', 'retention.ms': '1' } })],
      '~ create odin.social; odin.trades: partitions 6 → 12, retention.ms 1 → 30000, cleanup.policy compact → delete',
    ],
  ];
  it.each(table)('%s', (_what, seen, decision) => expect(line(seen)).toBe(decision));

  it('shows what differs as lines', () => {
    expect(decide([described(TRADES, { partitions: 6 }), described(SOCIAL)])).toMatchObject({
      before: 'odin.trades partitions=6\nodin.trades cleanup.policy=delete\nodin.trades retention.ms=30000\n',
      after: 'odin.trades partitions=12\nodin.trades cleanup.policy=delete\nodin.trades retention.ms=30000\n',
    });
  });

  it('nothing is ever removed', () => {
    for (const [, seen] of table) {
      const decision = decide(seen);
      if (decision.state === 'change') expect(decision.action).not.toBe('-');
    }
  });
});

describe('what the role wants', () => {
  const wantedIn = (inventory: ReturnType<typeof sandboxInventory>): readonly TopicSpec[] =>
    resourcesOf(topics, inventory, 'backend-1').flatMap(({ args }) => (args as TopicsArgs).topics);

  it('every topic of the feed with its retention, and the epoch', () => {
    expect(wantedIn(sandboxInventory())).toEqual([
      ...TOPICS.map(({ name, partitions, retentionMs }) =>
        topic(name, partitions, { 'retention.ms': String(retentionMs), 'cleanup.policy': 'delete' }),
      ),
      topic(EPOCH_TOPIC, 1, { 'cleanup.policy': 'compact' }),
    ]);
  });

  it('three copies on three brokers', () => {
    expect(new Set(wantedIn(clusterInventory()).map(({ replication }) => replication))).toEqual(new Set([3]));
  });

  it('another retention where the inventory says so', () => {
    const inventory = inventoryOf(`
provider: sandbox
hosts: { backend-1: { groups: [backend] } }
network: {}
vars: { topics: { retention_ms: { odin.trades: 60000 } } }
`);
    const retention = Object.fromEntries(
      wantedIn(inventory).map(({ name, configs }) => [name, configs['retention.ms']]),
    );
    expect(retention).toMatchObject({ 'odin.trades': '60000', 'odin.liquidity': '60000', 'odin.balances': '30000' });
  });

  it.each([
    ['a topic that there is not', 'odin.trade: 60000'],
    ['less than a second', 'odin.trades: 10'],
  ])('%s is refused', (_what, text) => {
    const wrong = `provider: sandbox\nhosts: { b: { groups: [backend] } }\nnetwork: {}\nvars: { topics: { retention_ms: { ${text} } } }\n`;
    expect(() => inventoryOf(wrong)).toThrow(expect.objectContaining({ code: 'inventory-invalid' }));
  });
});
