import { expect, test } from 'vitest';
import { until } from '#engine/local/wait.ts';
import { type FeedListener, listen } from './support/feed.ts';
import { addresses, byHand } from './support/hosts.ts';

const FEED = 'ws://localhost:13004/ws?token=BTC';
/** HAProxy asks every two seconds and believes two answers. */
const NOTICED_MS = 20_000;
const CLOSED_MS = 20_000;
const NEW_CLIENTS = 6;

/** Says a verb to the ws-server of ws-1, as a person does on the host. */
const admin = (verb: string): Promise<string> =>
  byHand('ws-1', `docker exec odin-ws node apps/ws-server/admin.ts ${verb}`);

/** What the load balancer thinks of ws-1. */
const seenByBalancer = (): Promise<string> =>
  byHand('lb-1', `curl -fsS 'http://127.0.0.1:8404/;csv' | awk -F, '$1=="ws" && $2=="ws-1" {print $18}'`);

const instanceOf = ({ messages }: FeedListener): unknown =>
  messages.find(({ type }) => type === 'welcome')?.data?.instance;

/** Looks until `so` holds; a wait that was in vain says what it saw last. */
async function comesTrue(so: () => boolean | Promise<boolean>, deadlineMs: number, saw: () => unknown): Promise<void> {
  const held = await until(async () => (await so()) || undefined, { deadlineMs, everyMs: 100 });
  expect(held, `seen last: ${JSON.stringify(saw())}`).toBe(true);
}

async function sees(state: RegExp): Promise<void> {
  let last = '';
  const look = async (): Promise<boolean> => {
    last = await seenByBalancer();
    return state.test(last);
  };
  await comesTrue(look, NOTICED_MS, () => last);
}

test('an instance is drained and shed by hand, clients of others do not notice, and it comes back', async () => {
  const own = `http://${(await addresses())['ws-1']}:3004`;
  const lb = async (): Promise<number> => (await fetch(`${own}/lb`)).status;
  const client = await listen(`${own.replace('http', 'ws')}/ws?token=BTC`);
  try {
    await admin('drain');
    expect(await lb()).toBe(503);
    await sees(/^DOWN/);
    const others = await Promise.all(Array.from({ length: NEW_CLIENTS }, () => listen(FEED)));
    expect(others.map(instanceOf)).toEqual(others.map(() => 'ws-2'));

    const before = client.events.length;
    await comesTrue(
      () => client.events.length > before,
      CLOSED_MS,
      () => client.messages,
    );
    expect(client.closed(), 'a drain alone closes nobody').toBeUndefined();
    await admin('shed 50');
    await comesTrue(
      () => client.closed() === 1012,
      CLOSED_MS,
      () => client.closed(),
    );
    expect(others.map((other) => other.closed())).toEqual(others.map(() => undefined));
    for (const other of others) other.close();
  } finally {
    await admin('undrain');
  }
  expect(await lb()).toBe(200);
  await sees(/^UP$/);
});
