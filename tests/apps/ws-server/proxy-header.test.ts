import { describe, expect, test } from 'vitest';
import { parseProxyHeader } from '../../../apps/ws-server/proxy/header.ts';
import { v2 } from '../../support/proxy.ts';

const ipv4 = Buffer.from([203, 0, 113, 9, 10, 0, 0, 1, 0x30, 0x39, 0x0b, 0xbc]);
const ipv6 = Buffer.from(
  '20010db8000000000000000000000007fe8000000000000000000000000000013039 0bbc'.replace(' ', ''),
  'hex',
);
const tlv = Buffer.from([0x04, 0x00, 0x03, 1, 2, 3]);

const complete: [string, Buffer, string | undefined][] = [
  ['v1 TCP4', Buffer.from('PROXY TCP4 203.0.113.9 10.0.0.1 12345 3004\r\n'), '203.0.113.9'],
  ['v1 TCP6', Buffer.from('PROXY TCP6 2001:db8::7 fe80::1 12345 3004\r\n'), '2001:db8::7'],
  ['v1 UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'), undefined],
  ['v1 UNKNOWN with addresses', Buffer.from('PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n'), undefined],
  ['v2 IPv4', v2({ body: ipv4 }), '203.0.113.9'],
  ['v2 IPv4 with additions', v2({ body: Buffer.concat([ipv4, tlv]) }), '203.0.113.9'],
  ['v2 IPv6', v2({ family: 0x21, body: ipv6 }), '2001:db8:0:0:0:0:0:7'],
  ['v2 LOCAL', v2({ command: 0x20, family: 0, body: Buffer.alloc(0) }), undefined],
  ['v2 LOCAL with addresses', v2({ command: 0x20, body: ipv4 }), undefined],
  ['v2 Unix socket', v2({ family: 0x31, body: Buffer.alloc(216) }), undefined],
];

describe.each(complete)('%s', (_name, header, address) => {
  test('is read, whatever follows', () => {
    const expected = { kind: 'complete', length: header.length, ...(address && { address }) };
    expect(parseProxyHeader(header)).toEqual(expected);
    expect(parseProxyHeader(Buffer.concat([header, Buffer.from('GET / HTTP/1.1')]))).toEqual(expected);
  });
  test('is incomplete at every shorter length', () => {
    for (let length = 1; length < header.length; length += 1) {
      expect(parseProxyHeader(header.subarray(0, length)), `${length} bytes`).toEqual({ kind: 'incomplete' });
    }
  });
});

test.each([
  ['plain HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
  ['almost v1', Buffer.from('PROXIED')],
  ['v1 unknown family', Buffer.from('PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n')],
  ['v1 bad address', Buffer.from('PROXY TCP4 1.2.3.400 1.2.3.4 1 2\r\n')],
  ['v1 wrong family', Buffer.from('PROXY TCP4 ::1 ::1 1 2\r\n')],
  ['v1 bad port', Buffer.from('PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n')],
  ['v1 port missing', Buffer.from('PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n')],
  ['v1 too long', Buffer.from(`PROXY TCP4 ${'1'.repeat(200)}`)],
  ['v2 unknown command', v2({ command: 0x22, body: ipv4 })],
  ['v2 wrong version', v2({ command: 0x11, body: ipv4 })],
  ['v2 short body', v2({ body: ipv4.subarray(0, 8) })],
  ['v2 too long', v2({ body: Buffer.alloc(5_000) })],
])('%s is invalid', (_name, bytes) => {
  expect(parseProxyHeader(bytes).kind).toBe('invalid');
});
