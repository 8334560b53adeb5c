/**
 * How many connections a second, in all and from one address. The address is the connection's own, or the one in the
 * PROXY header of a declared proxy: what a client writes into its HTTP headers is never believed.
 */

import type { Networks } from '../proxy/networks.ts';

/** Burst of a bucket, in seconds of its rate. */
const BURST_SECONDS = 2;
/** Addresses remembered; beyond it the one longest silent is forgotten. */
const ADDRESSES_MAX = 50_000;
const IPV6_GROUPS = 8;
/** One customer of a provider has at least this much of IPv6. */
const IPV6_PREFIX_GROUPS = 4;

/** Allows `perSecond` on average; 0 allows everything. */
export class Bucket {
  readonly #perSecond: number;
  #left: number;
  #at: number;

  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond * BURST_SECONDS;
    this.#at = now;
  }

  /** `now`: milliseconds of any clock that does not go back. */
  take(now: number): boolean {
    if (this.#perSecond === 0) return true;
    const gained = ((now - this.#at) / 1000) * this.#perSecond;
    this.#left = Math.min(this.#perSecond * BURST_SECONDS, this.#left + gained);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}

export interface RateLimits {
  readonly perSecond: number;
  readonly perAddressPerSecond: number;
  /** Known only to the limit of all. */
  readonly exempt: Networks;
}

export class ConnectionRates {
  readonly #limits: RateLimits;
  readonly #all: Bucket;
  /** In the order of their last use. */
  readonly #addresses = new Map<string, Bucket>();

  constructor(limits: RateLimits, now = performance.now()) {
    this.#limits = limits;
    this.#all = new Bucket(limits.perSecond, now);
  }

  /** The limit that refuses this connection. One address over its own limit takes nothing from the others. */
  refusal(address: string, now = performance.now()): 'address_rate' | 'rate' | undefined {
    if (!this.#limits.exempt.has(address) && !this.#bucket(keyOf(address), now).take(now)) return 'address_rate';
    return this.#all.take(now) ? undefined : 'rate';
  }

  get remembered(): number {
    return this.#addresses.size;
  }

  #bucket(key: string, now: number): Bucket {
    const bucket = this.#addresses.get(key) ?? new Bucket(this.#limits.perAddressPerSecond, now);
    this.#addresses.delete(key);
    this.#addresses.set(key, bucket);
    const oldest = this.#addresses.size > ADDRESSES_MAX ? this.#addresses.keys().next().value : undefined;
    if (oldest !== undefined) this.#addresses.delete(oldest);
    return bucket;
  }
}

/** An IPv4 address, or the /64 of an IPv6 one. */
export function keyOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('%', 1)[0]?.split('::', 2) ?? [];
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const end = tail === undefined ? [] : groups(tail);
  const zeros = Math.max(0, tail === undefined ? 0 : IPV6_GROUPS - groups(head).length - end.length);
  const all = [...groups(head), ...new Array<string>(zeros).fill('0'), ...end];
  return all
    .slice(0, IPV6_PREFIX_GROUPS)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
