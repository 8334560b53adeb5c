import type { Host } from '../inventory/inventory.ts';
import { leadsElsewhere } from './route.ts';
import { configFiles } from './ssh.ts';

/**
 * At most this many logins at once at one sshd, which drops those beyond MaxStartups, 10 by default. What runs over a
 * connection that is there is no login.
 */
const LOGINS_AT_ONCE = 10;
/** Where all hosts may be behind one jump host, they have one queue. */
const ONE_WAY = '*';

interface Queue {
  begun: number;
  waiting: (() => void)[];
}

const queues = new Map<string, Queue>();
let direct: boolean | undefined;

function queueOf({ address, port }: Pick<Host, 'address' | 'port'>): Queue {
  direct ??= !configFiles().some((file) => leadsElsewhere(file));
  const key = direct ? `${address}:${port}` : ONE_WAY;
  const queue = queues.get(key) ?? { begun: 0, waiting: [] };
  queues.set(key, queue);
  return queue;
}

/** Waits until one more login may begin. Returns the function that says that it is over, however it ended. */
export async function loginTurn(host: Pick<Host, 'address' | 'port'>): Promise<() => void> {
  const queue = queueOf(host);
  if (queue.begun < LOGINS_AT_ONCE) queue.begun += 1;
  else await new Promise<void>((resolve) => queue.waiting.push(resolve));
  let over = false;
  return () => {
    if (over) return;
    over = true;
    const next = queue.waiting.shift();
    // Whoever comes next takes over the turn.
    if (next) next();
    else queue.begun -= 1;
  };
}
