/** What one writes first: `ws`, and a `send` for each client and message. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { tokenName } from '../stream.ts';
import { envelopeText } from './envelopes.ts';
import { serve } from './peer.ts';

const clients = new Map<string, Set<WebSocket>>();
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false, backlog: 4096 });
server.on('connection', (socket, request) => {
  const token = new URL(request.url ?? '', 'ws://x').searchParams.get('token') ?? '';
  const group = clients.get(token) ?? new Set();
  clients.set(token, group.add(socket));
  socket.on('close', () => group.delete(socket));
  socket.on('error', () => undefined);
});
await once(server, 'listening');
await serve(
  (server.address() as AddressInfo).port,
  (message) => {
    const text = envelopeText(message);
    for (const socket of clients.get(tokenName(message.token)) ?? []) socket.send(text);
  },
  () => [...server.clients].reduce((sum, socket) => sum + socket.bufferedAmount, 0),
);
