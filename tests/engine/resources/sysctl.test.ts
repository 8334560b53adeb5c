import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { values } from '#engine/resources/sysctl.ts';
import { decideFrom, decideHere, FACTS, kindOf, oneLine, readAll } from '../../support/kind.ts';

// As `sysctl -e` prints it: a key that the kernel does not have is missing, several numbers stand between tabs.
const SYSCTL = 'net.core.somaxconn = 128\nnet.ipv4.ip_local_port_range = 32768\t60999\nvm.swappiness = 60\n';

describe('what is decided', () => {
  const table: [wanted: Record<string, string>, decision: string][] = [
    [{ 'net.core.somaxconn': '128' }, 'ok'],
    [{ 'net.core.somaxconn': '4096' }, '~ net.core.somaxconn 128 → 4096'],
    [{ 'net.ipv4.ip_local_port_range': '32768 60999' }, 'ok'],
    [{ 'net.ipv4.ip_local_port_range': '10240 65535' }, '~ net.ipv4.ip_local_port_range 32768 60999 → 10240 65535'],
    [{ 'net.core.somaxconn': '1', 'vm.swappiness': '1' }, '~ net.core.somaxconn 128 → 1, vm.swappiness 60 → 1'],
    [{ 'net.not.in.this.kernel': '1' }, 'ok'],
    [{}, 'ok'],
  ];
  it.each(table)('%j', (wanted, decision) =>
    expect(oneLine(decideFrom(values({ values: wanted }), SYSCTL))).toBe(decision),
  );

  it('shows what differs as lines', () => {
    expect(
      decideFrom(values({ values: { 'net.core.somaxconn': '4096', 'vm.swappiness': '60' } }), SYSCTL),
    ).toMatchObject({
      before: 'net.core.somaxconn = 128\n',
      after: 'net.core.somaxconn = 4096\n',
    });
  });
});

it('the change writes what differs, and only that', () => {
  const wanted = values({
    values: { 'net.core.somaxconn': '4096', 'net.ipv4.ip_local_port_range': '1 2', 'vm.swappiness': '60' },
  });
  const script = kindOf(wanted).apply(wanted.args, readAll(SYSCTL, wanted)[0], FACTS, {});
  expect(script).toBe("sysctl -q -w net.core.somaxconn=4096\nsysctl -q -w 'net.ipv4.ip_local_port_range=1 2'");
});

it('the probe reads the kernel of this machine', async () => {
  const osrelease = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
  const of = async (value: string): Promise<string> =>
    oneLine(await decideHere(values({ values: { 'kernel.osrelease': value, 'no.such.key': '1' } })));
  expect(await of(osrelease)).toBe('ok');
  expect(await of('0.0')).toBe(`~ kernel.osrelease ${osrelease} → 0.0`);
});
