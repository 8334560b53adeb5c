/** PROXY protocol headers, version 2. */

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

/** `command` 0x21 is PROXY, 0x20 LOCAL; `family` 0x11 is TCP over IPv4, 0x21 over IPv6. */
export function v2(parts: { command?: number; family?: number; body: Buffer }): Buffer {
  const { command = 0x21, family = 0x11, body } = parts;
  return Buffer.concat([SIGNATURE, Buffer.from([command, family, body.length >> 8, body.length & 0xff]), body]);
}
