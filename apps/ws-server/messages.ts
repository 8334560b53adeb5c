/** What a client may say, and what it is answered. */

import { type Channel, CLOSE, parseChannel, parseClientMessage, type Suffix } from '@odin/events';
import type { RawData } from 'ws';
import type { Client } from './hub/client.ts';
import type { Hub } from './hub/hub.ts';

/** In one second. */
const MESSAGES_MAX = 50;
const SECOND_MS = 1_000;
const CHANNELS_MAX = 1_000;

export function handleMessage(hub: Hub, client: Client, data: RawData, isBinary: boolean): void {
  if (isTooMany(client)) {
    client.close(CLOSE.policy, 'too many messages');
    return;
  }
  if (isBinary) {
    client.tell({ type: 'error', code: 'bad_message', message: 'messages are text' });
    return;
  }
  const parsed = parseClientMessage(data.toString());
  if (!parsed.ok) {
    const { code, reason, channels } = parsed;
    client.tell({ type: 'error', code, message: reason, ...(channels && { channels }) });
    return;
  }
  const { message } = parsed;
  if (message.type === 'heartbeat') {
    client.tell({ type: 'heartbeat', data: { ts: Date.now() } });
    return;
  }
  if (message.type === 'subscribe' && hub.channels(client).length + message.channels.length > CHANNELS_MAX) {
    client.tell({ type: 'error', code: 'too_many_channels', message: `at most ${CHANNELS_MAX} channels a client` });
    return;
  }
  for (const [token, suffixes] of byToken(message.channels)) hub[message.type](client, token, suffixes);
  client.tell({
    type: message.type === 'subscribe' ? 'subscribed' : 'unsubscribed',
    data: { channels: message.channels },
  });
}

function isTooMany(client: Client): boolean {
  const now = Date.now();
  if (now - client.secondAt >= SECOND_MS) {
    client.secondAt = now;
    client.messages = 0;
  }
  client.messages += 1;
  return client.messages > MESSAGES_MAX;
}

function byToken(names: readonly string[]): Map<string, Suffix[]> {
  const tokens = new Map<string, Suffix[]>();
  for (const channel of names.map(parseChannel).filter((channel): channel is Channel => channel !== undefined)) {
    tokens.set(channel.token, [...(tokens.get(channel.token) ?? []), channel.suffix]);
  }
  return tokens;
}
