/** A port scan of hosts of the sandbox, and of nothing else, from an address of our choice. */

import { connect } from 'node:net';

const PARALLEL = 2_000;
/** A host on the same bridge answers within a millisecond; two busy cores take longer. */
const ANSWER_MS = 400;
const ALL_PORTS = 65_535;

export interface Scan {
  /** A connection was made. */
  open: number[];
  /** The host said that nothing listens: the packet filter let the question through. */
  refused: number[];
  /** Anything else that came back, by port. */
  odd: Record<number, string>;
}

type Answer = 'open' | 'ECONNREFUSED' | 'silence' | string;

function ask(host: string, port: number, localAddress: string): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, localAddress });
    const end = (answer: Answer): void => {
      socket.destroy();
      resolve(answer);
    };
    // Where the loop was held up, an answer may be waiting: it is heard before the silence is believed.
    socket.setTimeout(ANSWER_MS, () => setImmediate(() => setImmediate(end, 'silence')));
    socket.once('connect', () => end('open'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

/** Asks every TCP port of a host. */
export async function scanAll(host: string, from: string): Promise<Scan> {
  const scan: Scan = { open: [], refused: [], odd: {} };
  let next = 1;
  const worker = async (): Promise<void> => {
    while (next <= ALL_PORTS) {
      const port = next;
      next += 1;
      const answer = await ask(host, port, from);
      if (answer === 'open') scan.open.push(port);
      else if (answer === 'ECONNREFUSED') scan.refused.push(port);
      else if (answer !== 'silence') scan.odd[port] = answer;
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return scan;
}
