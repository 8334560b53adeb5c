import { setTimeout as sleep } from 'node:timers/promises';
import type { TopicSpec } from '@odin/kafka';
import { KitError } from '#engine/errors.ts';
import { type ControllerKind, type Decision, OK, resourceOf } from '#engine/resource.ts';
import { withAdmin } from './access.ts';

/** The container of the broker runs when topics are looked at; one whose host was just booted answers within this. */
const START_MS = 30_000;
const LOOK_AGAIN_MS = 500;

/** Topics that exist with at least these partitions and exactly these configs. Never deleted, never shrunk. */
export interface TopicsArgs {
  topics: readonly TopicSpec[];
}

type TopicsSeen = readonly TopicSpec[];

interface Difference {
  topic: TopicSpec;
  /** Undefined where the topic does not exist. */
  seen: TopicSpec | undefined;
  /** Configs to set. */
  configs: Record<string, string>;
}

function differences({ topics }: TopicsArgs, seen: TopicsSeen): Difference[] {
  return topics.flatMap((topic): Difference[] => {
    const found = seen.find(({ name }) => name === topic.name);
    if (!found) return [{ topic, seen: undefined, configs: {} }];
    const configs = Object.fromEntries(
      Object.entries(topic.configs).filter(([key, value]) => found.configs[key] !== value),
    );
    return Object.keys(configs).length > 0 || found.partitions < topic.partitions
      ? [{ topic, seen: found, configs }]
      : [];
  });
}

/** A topic as lines, for the plan's diff. */
function describe(topic: TopicSpec | undefined, keys: readonly string[]): string {
  if (!topic) return '';
  return [
    `${topic.name} partitions=${topic.partitions}`,
    ...keys.map((key) => `${topic.name} ${key}=${topic.configs[key] ?? '(default)'}`),
  ]
    .join('\n')
    .concat('\n');
}

const kind: ControllerKind<TopicsArgs, TopicsSeen> = {
  where: 'controller',
  name: 'kafka.topics',
  after: 'broker',
  async observe({ topics }, _host, controller) {
    const names = topics.map(({ name }) => name);
    for (const deadline = Date.now() + START_MS; ; await sleep(LOOK_AGAIN_MS)) {
      try {
        return await withAdmin(controller, (admin) => admin.describeTopics(names));
      } catch (cause) {
        if (!(cause instanceof KitError) || cause.code !== 'probe-failed' || Date.now() >= deadline) throw cause;
      }
    }
  },
  decide(args, seen): Decision {
    const found = differences(args, seen);
    if (found.length === 0) return OK;
    const missing = found.filter((each) => !each.seen).map(({ topic }) => topic.name);
    const altered = found
      .filter((each) => each.seen)
      .map(({ topic, seen: was, configs }) => {
        const partitions =
          was && was.partitions < topic.partitions ? [`partitions ${was.partitions} → ${topic.partitions}`] : [];
        return `${topic.name}: ${[...partitions, ...Object.entries(configs).map(([key, value]) => `${key} ${was?.configs[key] ?? '(default)'} → ${value}`)].join(', ')}`;
      });
    const keysOf = (topic: TopicSpec): string[] => Object.keys(topic.configs).sort();
    return {
      state: 'change',
      action: altered.length > 0 ? '~' : '+',
      summary: [...(missing.length > 0 ? [`create ${missing.join(' ')}`] : []), ...altered].join('; '),
      before: found.map(({ topic, seen: was }) => describe(was, keysOf(topic))).join(''),
      after: found.map(({ topic }) => describe(topic, keysOf(topic))).join(''),
    };
  },
  async perform(args, seen, _host, controller) {
    await withAdmin(controller, async (admin) => {
      for (const { topic, seen: was, configs } of differences(args, seen ?? [])) {
        if (!was) {
          await admin.createTopics([topic]);
          continue;
        }
        if (was.partitions < topic.partitions) await admin.addPartitions(topic.name, topic.partitions);
        if (Object.keys(configs).length > 0) await admin.setConfigs(topic.name, configs);
      }
    });
  },
};

export const topicsResource = resourceOf(kind, ({ topics }) => `${topics.length} topics`);
