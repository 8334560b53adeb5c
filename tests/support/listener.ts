/** A plain WebSocket client (Node's own) that remembers everything it was sent. */

import type { Envelope, ServerMessage } from '@odin/events';
import { until } from './wait.ts';

export interface Listener {
  readonly envelopes: Envelope[];
  readonly messages: ServerMessage[];
  closed: { code: number; reason: string } | undefined;
  send(message: unknown): void;
  /** The next message of this type that was not asked for before. */
  message<T extends ServerMessage['type']>(type: T): Promise<ServerMessage & { type: T }>;
  /** `topic/partition:offset` of everything received. */
  ids(): string[];
  close(): void;
}

/** `address`: `127.0.0.1:port`. Resolves after the welcome. */
export async function listen(address: string, query = ''): Promise<Listener> {
  const socket = new WebSocket(`ws://${address}/ws${query}`);
  const taken = new Set<ServerMessage>();
  const listener: Listener = {
    envelopes: [],
    messages: [],
    closed: undefined,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    async message(type) {
      const found = await until(
        `message ${type}`,
        () => listener.messages.find((message) => message.type === type && !taken.has(message)),
        { seen: () => ({ messages: listener.messages, closed: listener.closed }) },
      );
      taken.add(found);
      return found as ServerMessage & { type: typeof type };
    },
    ids: () => listener.envelopes.map(({ topic, partition, offset }) => `${topic}/${partition}:${offset}`),
    close: () => socket.close(),
  };
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(String(data)) as Envelope | ServerMessage;
    if ('type' in message) listener.messages.push(message);
    else listener.envelopes.push(message);
  };
  socket.onclose = ({ code, reason }) => {
    listener.closed = { code, reason };
  };
  await listener.message('welcome');
  return listener;
}
