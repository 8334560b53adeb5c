/** What may be loaded: this machine and private networks. Anything else only when its owner says so. */

import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

const OWN = new BlockList();
for (const [network, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const) {
  OWN.addSubnet(network, bits, 'ipv4');
}
OWN.addAddress('::1', 'ipv6');
OWN.addSubnet('fc00::', 7, 'ipv6');
OWN.addSubnet('fe80::', 10, 'ipv6');

export class TargetError extends Error {
  override readonly name = 'TargetError';
}

export interface Target {
  /** Resolved once, so that nothing changes between the check and the connections. */
  readonly address: string;
  readonly port: number;
  /** For the Host header. */
  readonly host: string;
  readonly path: string;
  readonly loopback: boolean;
}

/** Whether an address is of this machine or of a private network. */
export function isOwn(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const plain = mapped ?? address;
  return OWN.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
}

/** `url`: `ws://host:port/path`. Throws TargetError. */
export async function resolveTarget(url: string, owned: boolean): Promise<Target> {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== 'ws:') throw new TargetError(`--url: expected ws://host:port/path, got ${url}`);
  const name = parsed.hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(name)
    ? [name]
    : (
        await lookup(name, { all: true }).catch(() => {
          throw new TargetError(`--url: ${name} has no address`);
        })
      ).map(({ address }) => address);
  const stranger = addresses.find((address) => !isOwn(address));
  if (stranger !== undefined && !owned) {
    throw new TargetError(
      `--url: ${name} is ${stranger}, neither loopback nor private; add --i-own-this-target if it is yours to load`,
    );
  }
  const [address = ''] = addresses;
  const loopback = address === '::1' || address.startsWith('127.');
  return { address, port: Number(parsed.port || 80), host: parsed.host, path: parsed.pathname, loopback };
}
