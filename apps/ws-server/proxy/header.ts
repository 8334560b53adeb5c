/**
 * The PROXY protocol, versions 1 and 2: what a proxy says about the connection it forwards, before its first byte.
 * Source: https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt (§2.1, §2.2).
 */

import { isIPv4, isIPv6 } from 'node:net';

export type ProxyHeader =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'invalid'; readonly reason: string }
  /** `address` is absent for LOCAL (a health check of the proxy itself), UNKNOWN and Unix sockets. */
  | { readonly kind: 'complete'; readonly length: number; readonly address?: string };

const V1 = Buffer.from('PROXY ');
const V1_MAX_BYTES = 107;
const V2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V2_HEAD_BYTES = 16;
/** Addresses take 36 bytes, the rest is for the proxy's own additions. */
const V2_BODY_MAX_BYTES = 2_048;
const COMMAND_LOCAL = 0x20;
const COMMAND_PROXY = 0x21;
const FAMILY_IPV4 = 0x1;
const FAMILY_IPV6 = 0x2;

/** `bytes` is what has arrived so far. */
export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  if (beginsLike(bytes, V2)) return bytes.length < V2_HEAD_BYTES ? { kind: 'incomplete' } : parseV2(bytes);
  if (beginsLike(bytes, V1)) return parseV1(bytes);
  return { kind: 'invalid', reason: 'no PROXY header' };
}

/** As far as it has arrived. */
function beginsLike(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length);
  return bytes.subarray(0, length).equals(signature.subarray(0, length));
}

function parseV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, V1_MAX_BYTES).indexOf('\r\n');
  if (end < 0) {
    return bytes.length < V1_MAX_BYTES
      ? { kind: 'incomplete' }
      : { kind: 'invalid', reason: 'version 1 line too long' };
  }
  const length = end + 2;
  const [, family, source = '', destination = '', ...ports] = bytes.toString('latin1', 0, end).split(' ');
  if (family === 'UNKNOWN') return { kind: 'complete', length };
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : undefined;
  const valid = isAddress?.(source) && isAddress(destination) && ports.length === 2 && ports.every(isPort);
  return valid
    ? { kind: 'complete', length, address: source }
    : { kind: 'invalid', reason: 'malformed version 1 line' };
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

function parseV2(bytes: Buffer): ProxyHeader {
  const command = bytes.readUInt8(12);
  const family = bytes.readUInt8(13) >> 4;
  const body = bytes.readUInt16BE(14);
  const length = V2_HEAD_BYTES + body;
  if (command !== COMMAND_LOCAL && command !== COMMAND_PROXY) {
    return { kind: 'invalid', reason: 'unknown version 2 command' };
  }
  if (body > V2_BODY_MAX_BYTES) return { kind: 'invalid', reason: 'version 2 header too long' };
  if (bytes.length < length) return { kind: 'incomplete' };
  if (command === COMMAND_LOCAL) return { kind: 'complete', length };
  const needed = family === FAMILY_IPV4 ? 12 : family === FAMILY_IPV6 ? 36 : 0;
  if (body < needed) return { kind: 'invalid', reason: 'version 2 header too short for its addresses' };
  const at = V2_HEAD_BYTES;
  if (family === FAMILY_IPV4) return { kind: 'complete', length, address: bytes.subarray(at, at + 4).join('.') };
  if (family === FAMILY_IPV6) return { kind: 'complete', length, address: ipv6(bytes.subarray(at, at + 16)) };
  return { kind: 'complete', length };
}

function ipv6(bytes: Buffer): string {
  return Array.from({ length: 8 }, (_, word) => bytes.readUInt16BE(2 * word).toString(16)).join(':');
}
