/** Readers for the values of settings. Each throws an Error that says what was expected. */

import { isIP } from 'node:net';

export const text = (value: string): string => value;

export const integer =
  (least: number, most: number) =>
  (value: string): number => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < least || number > most) {
      throw new Error(`expected a whole number from ${least} to ${most}`);
    }
    return number;
  };

export const decimal =
  (least: number, most: number) =>
  (value: string): number => {
    const number = Number(value);
    if (!Number.isFinite(number) || number < least || number > most) {
      throw new Error(`expected a number from ${least} to ${most}`);
    }
    return number;
  };

const UNITS: Record<string, number> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** `65536`, `64K`, `64M` or `1G`, of 1024. */
export const bytes =
  (least: number, most: number) =>
  (value: string): number => {
    const [, digits = '', unit = ''] = /^(\d+)([KMG]?)$/.exec(value) ?? [];
    const number = digits === '' ? Number.NaN : Number(digits) * (UNITS[unit] ?? 1);
    if (!(number >= least && number <= most)) {
      throw new Error(`expected bytes from ${least} to ${most}, such as 64M`);
    }
    return number;
  };

export const oneOf =
  <const T extends string>(...names: readonly T[]) =>
  (value: string): T => {
    const found = names.find((name) => name === value);
    if (found === undefined) throw new Error(`expected one of ${names.join(', ')}`);
    return found;
  };

/** What the first reads, otherwise the second; a value that neither can read is reported as by the second. */
export const either =
  <A, B>(first: (value: string) => A, second: (value: string) => B) =>
  (value: string): A | B => {
    try {
      return first(value);
    } catch {
      return second(value);
    }
  };

export const name = (value: string): string => {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(value)) {
    throw new Error('expected letters, digits, ".", "_" or "-", at most 100');
  }
  return value;
};

export const list =
  <T>(read: (item: string) => T) =>
  (value: string): readonly T[] =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
      .map(read);

/** `host:port`, with an IPv6 host in brackets. */
export const hostPort = (value: string): string => {
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(value);
  const port = Number(match?.[2]);
  if (!match || port < 1 || port > 65_535) throw new Error(`expected host:port, got ${JSON.stringify(value)}`);
  return value;
};

/** An address or a network, `10.0.0.0/8`. */
export const cidr = (value: string): string => {
  const [address = '', bits, ...more] = value.split('/');
  const family = isIP(address);
  const most = family === 6 ? 128 : 32;
  const valid = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
  if (family === 0 || !valid || more.length > 0) {
    throw new Error(`expected an address or a network such as 10.0.0.0/8, got ${JSON.stringify(value)}`);
  }
  return value;
};
