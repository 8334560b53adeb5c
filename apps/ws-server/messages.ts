/** What a client may say, and what it is answered. */

import {
  type Channel,
  CLOSE,
  type ClientMessage,
  type Cursor,
  parseChannel,
  parseClientMessage,
  type Suffix,
} from '@odin/events';
import type { RawData } from 'ws';
import type { Client } from './hub/client.ts';
import { maskOf } from './hub/hub.ts';
import { type ResumeContext, resume } from './resume/resume.ts';

/** In one second. */
const MESSAGES_MAX = 50;
const SECOND_MS = 1_000;
const CHANNELS_MAX = 1_000;

/** While a resume is under way: more than anybody needs. */
const WAITING_MAX = 100;

export function handleMessage(context: ResumeContext, client: Client, data: RawData, isBinary: boolean): void {
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
    // While it lags or resumes it has not been sent everything, whatever everybody else has.
    const cursor = client.state === 'open' && !client.waiting ? context.hub.written.cursor() : undefined;
    client.tell({ type: 'heartbeat', data: { ts: Date.now(), ...(cursor && { cursor }) } });
    return;
  }
  act(context, client, message);
}

/** Replays from `cursor` what the client missed of `channels` (topics by token), then makes them live. */
export function startResume(
  context: ResumeContext,
  client: Client,
  cursor: Cursor,
  channels: ReadonlyMap<string, number>,
): void {
  client.waiting = [];
  void resume(context, client, cursor, channels).then(() => {
    const waiting = client.waiting ?? [];
    client.waiting = undefined;
    if (client.state !== 'closing') for (const message of waiting) act(context, client, message);
  });
}

function act(context: ResumeContext, client: Client, message: Exclude<ClientMessage, { type: 'heartbeat' }>): void {
  const { hub } = context;
  if (client.waiting) {
    if (client.waiting.length < WAITING_MAX) client.waiting.push(message);
    else client.close(CLOSE.policy, 'too many messages');
    return;
  }
  const added = message.type === 'unsubscribe' ? 0 : (message.channels?.length ?? 0);
  if (added > 0 && hub.channels(client).length + added > CHANNELS_MAX) {
    client.tell({ type: 'error', code: 'too_many_channels', message: `at most ${CHANNELS_MAX} channels a client` });
    return;
  }
  if (message.type === 'resume') {
    const all = message.channels ?? hub.channels(client);
    // What is live and is asked for again would come out of order: it leaves its group first.
    for (const [token, suffixes] of byToken(all)) hub.unsubscribe(client, token, suffixes);
    const masks = [...byToken(all)].map(([token, suffixes]) => [token, maskOf(suffixes)] as const);
    startResume(context, client, message.cursor, new Map(masks));
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
