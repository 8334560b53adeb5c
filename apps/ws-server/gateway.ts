/** From an HTTP upgrade to a client of the hub, and back out when it closes. Listeners are shared by all clients. */

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CLIENT_MESSAGE_MAX_BYTES, channelName, type FeedQuery } from '@odin/events';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import type { AdmissionPolicy } from './admission/admission.ts';
import type { Feed } from './feed/feed.ts';
import type { Backpressure } from './hub/backpressure.ts';
import { Client } from './hub/client.ts';
import { type Hub, maskOf } from './hub/hub.ts';
import { handleMessage, startResume } from './messages.ts';
import type { Pings } from './pings.ts';
import type { Stats } from './stats.ts';

const BAD_HANDSHAKE =
  'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n';

const CLIENT = Symbol('client');

/** Both carry their client, so that one listener serves all sockets. */
class FeedSocket extends WebSocket {
  client: Client | undefined;
}
type FeedStream = Duplex & { [CLIENT]?: Client };

export interface GatewayOptions {
  readonly admission: AdmissionPolicy;
  readonly hub: Hub;
  readonly backpressure: Backpressure;
  readonly feed: Pick<Feed, 'read'>;
  readonly pings: Pings;
  readonly stats: Stats;
  readonly welcome: () => { instance: string; release: string; epoch: string };
}

export class Gateway {
  readonly clients = new Set<Client>();
  readonly #options: GatewayOptions;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: CLIENT_MESSAGE_MAX_BYTES,
    WebSocket: FeedSocket,
  });

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#sockets.on('wsClientError', (_error, socket) => {
      options.stats.refused.bad_handshake += 1;
      socket.end(BAD_HANDSHAKE);
    });
  }

  /** Listener of the HTTP server's `upgrade`. */
  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const admission = this.#options.admission.decide(request);
    if (!admission.ok) {
      this.#options.stats.refused[admission.refusal] += 1;
      socket.on('error', () => socket.destroy());
      socket.end(admission.response);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (ws) => {
      const client = this.#join(ws as FeedSocket, socket);
      this.#welcome(client, admission.query);
    });
  };

  #welcome(client: Client, { tokens, suffixes, cursor: from }: FeedQuery): void {
    const { hub, welcome } = this.#options;
    if (from) {
      const channels = tokens.flatMap((token) => suffixes.map((suffix) => channelName(token, suffix)));
      client.tell({ type: 'welcome', data: { ...welcome(), channels } });
      startResume(this.#options, client, from, new Map(tokens.map((token) => [token, maskOf(suffixes)])));
      return;
    }
    for (const token of tokens) hub.subscribe(client, token, suffixes);
    const cursor = hub.position.cursor();
    client.tell({ type: 'welcome', data: { ...welcome(), channels: hub.channels(client), ...(cursor && { cursor }) } });
  }

  #join(ws: FeedSocket, socket: FeedStream): Client {
    const { stats, pings } = this.#options;
    const client = new Client(ws, socket);
    ws.client = client;
    socket[CLIENT] = client;
    this.clients.add(client);
    stats.connections += 1;
    stats.connectionsTotal += 1;
    stats.lastConnectionAt = Date.now();
    pings.add(client);
    ws.on('message', this.#onMessage);
    ws.on('pong', onPong);
    ws.on('error', onError);
    ws.on('close', this.#onClose);
    socket.on('drain', this.#onDrain);
    return client;
  }

  #leave(client: Client, code: number): void {
    const { stats, pings, hub, backpressure } = this.#options;
    pings.remove(client);
    client.state = 'closing';
    backpressure.forget(client);
    hub.remove(client);
    this.clients.delete(client);
    stats.connections -= 1;
    stats.closed.set(code, (stats.closed.get(code) ?? 0) + 1);
  }

  // In these, `this` is the socket of the event: a function for each client would be a tenth of what it costs.
  readonly #onMessage = ((gateway: Gateway) =>
    function (this: WebSocket, data: RawData, isBinary: boolean) {
      const { client } = this as FeedSocket;
      gateway.#options.stats.messagesReceived += 1;
      if (client && client.state !== 'closing') handleMessage(gateway.#options, client, data, isBinary);
    })(this);

  readonly #onClose = ((gateway: Gateway) =>
    function (this: WebSocket, code: number) {
      const { client } = this as FeedSocket;
      if (client) gateway.#leave(client, code);
    })(this);

  readonly #onDrain = ((gateway: Gateway) =>
    function (this: FeedStream) {
      const client = this[CLIENT];
      if (client) gateway.#options.backpressure.drained(client);
    })(this);
}

function onPong(this: WebSocket): void {
  const { client } = this as FeedSocket;
  if (client) client.alive = true;
}

/** `ws` closes by itself after an error, with the code that fits (1002, 1007, 1009). */
function onError(): void {}
