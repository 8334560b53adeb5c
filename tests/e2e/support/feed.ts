/** A client of the feed that writes down everything it is sent, and sends nothing. */

import type { Envelope } from '@odin/events';

const WELCOME_MS = 10_000;

export interface FeedListener {
  /** Every event, in order of arrival. */
  events: Envelope[];
  /** Every other message: welcome, gap, error. */
  messages: { type: string; data?: Record<string, unknown> }[];
  /** The code with which the server closed, once it did. */
  closed(): number | undefined;
  close(): void;
}

/** Opens a plain WebSocket; resolves with the welcome. */
export function listen(url: string): Promise<FeedListener> {
  const socket = new WebSocket(url);
  const events: Envelope[] = [];
  const messages: FeedListener['messages'] = [];
  let code: number | undefined;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`${url}: no welcome within ${WELCOME_MS} ms; seen: ${JSON.stringify(messages)}`));
      socket.close();
    }, WELCOME_MS);
    socket.addEventListener('error', () => reject(new Error(`${url}: refused`)));
    socket.addEventListener('close', (event) => {
      clearTimeout(timer);
      code = event.code;
    });
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data));
      if ('topic' in message) {
        events.push(message as Envelope);
        return;
      }
      messages.push(message);
      if (message.type !== 'welcome') return;
      clearTimeout(timer);
      resolve({ events, messages, closed: () => code, close: () => socket.close(1000) });
    });
  });
}

/** What names an event on every instance. */
export const nameOf = ({ topic, partition, offset }: Pick<Envelope, 'topic' | 'partition' | 'offset'>): string =>
  `${topic}/${partition}@${offset}`;
