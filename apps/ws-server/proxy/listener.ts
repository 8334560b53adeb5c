/**
 * What stands before HTTP. A connection from a declared proxy must begin with a PROXY header, and its client is
 * the one named there; any other connection goes to HTTP as it is, where a PROXY header is a bad request like any noise.
 */

import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { parseProxyHeader } from './header.ts';
import { type Networks, plainAddress } from './networks.ts';

const HEADER_TIMEOUT_MS = 5_000;
const BAD_REQUEST = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

const carried = new WeakMap<object, string>();

/** The client's address: what a declared proxy said, otherwise the connection's own. */
export function clientAddress(socket: Socket): string {
  return carried.get(socket) ?? plainAddress(socket.remoteAddress ?? '');
}

/**
 * Puts itself before the HTTP server's own handling of a connection. The server still listens itself, because only then
 * does Node enforce its header and request timeouts.
 */
export function acceptProxies(http: HttpServer, proxies: Networks, onProxyError: (reason: string) => void): void {
  const handlers = http.listeners('connection') as ((socket: Socket) => void)[];
  const handle = (socket: Socket) => {
    for (const handler of handlers) handler.call(http, socket);
  };
  http.removeAllListeners('connection');
  http.on('connection', (socket: Socket) => {
    if (!proxies.has(socket.remoteAddress ?? '')) {
      handle(socket);
      return;
    }
    readHeader(socket, (reason) => {
      if (reason === undefined) {
        handle(socket);
        return;
      }
      onProxyError(reason);
      socket.end(BAD_REQUEST);
    });
  });
}

/** Calls back once: without a reason when the header was read and everything after it is back in the socket. */
function readHeader(socket: Socket, done: (reason?: string) => void): void {
  let bytes: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => finish('no PROXY header in time'), HEADER_TIMEOUT_MS);
  const onEnd = () => finish('the connection ended before its PROXY header');
  const onError = () => finish('the connection failed before its PROXY header');
  const onReadable = () => {
    const chunk: Buffer | null = socket.read();
    if (!chunk) return;
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    const header = parseProxyHeader(bytes);
    if (header.kind === 'incomplete') return;
    if (header.kind === 'invalid') {
      finish(header.reason);
      return;
    }
    if (header.address !== undefined) carried.set(socket, header.address);
    finish(undefined, bytes.subarray(header.length));
  };
  const finish = (reason?: string, rest?: Buffer) => {
    clearTimeout(timer);
    socket.off('readable', onReadable).off('end', onEnd);
    // An error after the refusal is nobody's concern any more; without a listener it would end the process.
    if (reason === undefined) socket.off('error', onError);
    if (rest && rest.length > 0) socket.unshift(rest);
    done(reason);
  };
  socket.on('readable', onReadable).once('end', onEnd).once('error', onError);
}
