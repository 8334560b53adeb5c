import { describe, expect, it } from 'vitest';
import { assignAddresses, freeSubnets } from '#providers/sandbox/network.ts';

describe('free networks', () => {
  const table: [string, string[], string | undefined][] = [
    ['nothing is taken', [], '10.77.0.0/24'],
    ['networks elsewhere', ['172.17.0.0/16', '192.168.1.7/24', '10.76.0.0/16', '10.78.0.1'], '10.77.0.0/24'],
    ['the first are taken', ['10.77.0.0/24', '10.77.1.0/24'], '10.77.2.0/24'],
    ['a gap is filled', ['10.77.0.0/24', '10.77.2.0/24'], '10.77.1.0/24'],
    ['an address of this machine counts', ['10.77.0.1/24'], '10.77.1.0/24'],
    ['a single address counts', ['10.77.0.9'], '10.77.1.0/24'],
    ['a wider network covers several', ['10.77.0.0/22'], '10.77.4.0/24'],
    ['a narrower network spoils its /24', ['10.77.0.128/25'], '10.77.1.0/24'],
    ['a VPN over all of it', ['10.0.0.0/8'], undefined],
    ['exactly the pool', ['10.77.0.0/16'], undefined],
  ];
  it.each(table)('%s', (_, taken, expected) => expect(freeSubnets(taken)[0]).toBe(expected));
});

describe('addresses', () => {
  const hosts = ['backend-1', 'ws-1', 'ws-2'];
  const at = (last: number): string => `10.77.3.${last}`;
  const table: [string, string[], Record<string, string>, string[]][] = [
    ['in the order of the inventory', hosts, {}, [at(11), at(12), at(13)]],
    ['what was given stays', hosts, { 'ws-1': at(11), 'backend-1': at(12) }, [at(12), at(11), at(13)]],
    [
      'a host added in front takes the next free one',
      ['new', ...hosts.slice(1)],
      { 'ws-1': at(11) },
      [at(12), at(11), at(13)],
    ],
    ['a host that left keeps its address while it exists', ['ws-2'], { gone: at(11) }, [at(12)]],
  ];
  it.each(table)('%s', (_, names, given, expected) => {
    const assigned = assignAddresses('10.77.3.0/24', names, given);
    expect(names.map((name) => assigned[name])).toEqual(expected);
  });

  it('refuses more hosts than the network holds', () => {
    const many = Array.from({ length: 245 }, (_, index) => `ws-${index}`);
    expect(() => assignAddresses('10.77.3.0/24', many, {})).toThrow(/is full/);
  });
});
