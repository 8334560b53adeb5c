import { TOPIC_NAMES } from '@odin/events';
import { lastRecords } from '@odin/kafka';
import { NO_SERVICES } from '#engine/adhoc.ts';
import type { Flag, Flags } from '#engine/cli/command.ts';
import { KitError } from '#engine/errors.ts';
import { inGroup } from '#engine/inventory/inventory.ts';
import { unknownWord } from '#engine/inventory/problems.ts';
import type { Reporter } from '#engine/report/reporter.ts';
import { Session } from '#engine/session.ts';
import { kafkaThroughSsh, withAdmin } from '#roles/topics/access.ts';
import { envOf, openEnvironment, type Providers } from './environment.ts';

export const topicsFlags = {
  env: { value: 'NAME', help: 'the environment: inventory/NAME.yml' },
  topic: { value: 'TOPIC', help: 'for consume: which topic' },
  num: { value: 'N', help: 'for consume: the newest N records (default 5)' },
} as const satisfies Record<string, Flag>;

export const publisherFlags = {
  env: { value: 'NAME', help: 'the environment: inventory/NAME.yml' },
  rate: { value: 'N', help: 'events per second, for start and rate' },
  tokens: { value: 'A,B', help: 'token ids, for start' },
} as const satisfies Record<string, Flag>;

const TOPIC_VERBS = ['list', 'describe', 'consume'];
const PUBLISHER_VERBS = ['status', 'start', 'stop', 'rate'];
const DEFAULT_RECORDS = 5;
const CONSUME_MS = 10_000;
const ASK_MS = 10_000;

async function withSession<Result>(
  flags: Flags,
  providers: Providers,
  report: Reporter,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const { inventory } = await openEnvironment(envOf(flags), providers);
  const session = new Session(inventory, report, NO_SERVICES);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

function verbOf(given: string | undefined, verbs: readonly string[]): string {
  const verb = given ?? verbs[0] ?? '';
  if (!verbs.includes(verb)) throw new KitError('usage', unknownWord('verb', verb, verbs));
  return verb;
}

/** Lists or describes the topics, or shows the newest records of one. */
export async function runTopics(
  verb: string | undefined,
  flags: Flags,
  providers: Providers,
  report: Reporter,
): Promise<number> {
  const what = verbOf(verb, TOPIC_VERBS);
  const num = Number(flags.num ?? DEFAULT_RECORDS);
  if (!Number.isInteger(num) || num < 1) throw new KitError('usage', `--num takes a whole number, not "${flags.num}"`);
  const topic = String(flags.topic ?? '');
  if (what === 'consume' && !(TOPIC_NAMES as readonly string[]).includes(topic)) {
    throw new KitError('usage', unknownWord('topic', topic, TOPIC_NAMES), {
      next: 'make topics consume TOPIC=odin.trades NUM=5',
    });
  }
  return withSession(flags, providers, report, async ({ controller }) => {
    if (what === 'consume') {
      const records = await lastRecords(await kafkaThroughSsh(controller), topic, num, CONSUME_MS);
      for (const record of records) {
        report.lines(
          `${record.topic}/${record.partition}@${record.offset}  ${new Date(record.timestamp).toISOString()}  ${record.key}  ${record.value}`,
        );
      }
      if (records.length === 0) report.lines(`${topic} holds no records now`);
      return 0;
    }
    await withAdmin(controller, async (admin) => {
      const found = await admin.describeTopics();
      report.lines(
        `${'TOPIC'.padEnd(20)} PARTITIONS REPLICAS  ${what === 'describe' ? 'RECORDS  CONFIGURATION' : ''}`.trimEnd(),
      );
      for (const { name, partitions, replication, configs } of [...found].sort((a, b) =>
        a.name.localeCompare(b.name),
      )) {
        const line = `${name.padEnd(20)} ${String(partitions).padStart(10)} ${String(replication).padStart(8)}`;
        if (what === 'list') report.lines(line);
        else {
          const held = [...(await admin.offsets(name)).values()].reduce((sum, { low, high }) => sum + high - low, 0);
          const settings = Object.entries(configs)
            .map(([key, value]) => `${key}=${value}`)
            .join(' ');
          report.lines(`${line}  ${String(held).padStart(7)}  ${settings}`);
        }
      }
    });
    return 0;
  });
}

/** What the publisher is asked for a verb. */
function requestOf(verb: string, flags: Flags): { path: string; body?: Record<string, unknown> } {
  const rate = flags.rate === undefined ? undefined : Number(flags.rate);
  if (rate !== undefined && !(rate > 0))
    throw new KitError('usage', `--rate takes a positive number, not "${flags.rate}"`);
  const tokenIds = typeof flags.tokens === 'string' ? flags.tokens.split(',').map((token) => token.trim()) : undefined;
  if (verb === 'status') return { path: '/status' };
  if (verb === 'stop') return { path: '/stop', body: {} };
  if (rate === undefined)
    throw new KitError('usage', `which rate?`, {
      next: `make publisher ${verb} RATE=50${verb === 'start' ? ' TOKENS=BTC,ETH,SOL' : ''}`,
    });
  if (verb === 'rate') return { path: '/rate', body: { rate } };
  if (!tokenIds)
    throw new KitError('usage', 'which tokens?', { next: 'make publisher start RATE=50 TOKENS=BTC,ETH,SOL' });
  return { path: '/start', body: { rate, tokenIds } };
}

/** Asks the publisher, through the SSH connection of its host: its port is open to nobody. */
export async function runPublisher(
  verb: string | undefined,
  flags: Flags,
  providers: Providers,
  report: Reporter,
): Promise<number> {
  const { path, body } = requestOf(verbOf(verb, PUBLISHER_VERBS), flags);
  return withSession(flags, providers, report, async ({ controller }) => {
    const [host] = inGroup(controller.inventory, 'backend');
    if (!host) throw new KitError('internal', 'no backend host');
    const near = await controller.tunnel(host.name, '127.0.0.1', (host.vars.publisher as { port: number }).port);
    const next = `make logs ENV=${controller.inventory.env} SERVICE=odin-publisher`;
    let answer: Response;
    try {
      answer = await fetch(`http://127.0.0.1:${near}${path}`, {
        signal: AbortSignal.timeout(ASK_MS),
        ...(body
          ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
          : {}),
      });
    } catch (cause) {
      throw new KitError('check-failed', 'the publisher does not answer', {
        host: host.name,
        lastLines: cause instanceof Error ? cause.message : String(cause),
        next,
      });
    }
    const text = await answer.text();
    if (!answer.ok)
      throw new KitError(answer.status === 400 ? 'usage' : 'check-failed', `the publisher refused: ${text.trim()}`, {
        host: host.name,
        next,
      });
    report.lines(JSON.stringify(JSON.parse(text), null, 2));
    return 0;
  });
}
