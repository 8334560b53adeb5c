import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { packages } from '#engine/resources/apt.ts';
import { decideFrom, decideHere, FACTS, kindOf, oneLine, readAll } from '../../support/kind.ts';

// As `dpkg-query -W -f='${Package}\t${db:Status-Abbrev}\n'` prints it: note the blank after the letters.
const DPKG = ['curl\tii ', 'haproxy\trc ', 'nano\thi ', 'nftables\tii ', 'half\tiU ', 'docker.io\tun ', ''].join('\n');

describe('what is decided', () => {
  it.each([
    [['curl', 'nftables'], 'ok'],
    [['curl', 'absent'], '+ install absent'],
    [['haproxy'], '+ install haproxy'],
    [['half'], '+ install half'],
    [['docker.io', 'curl', 'absent'], '+ install docker.io absent'],
    [[], 'ok'],
  ])('%j', (names, decision) => expect(oneLine(decideFrom(packages({ names }), DPKG))).toBe(decision));

  it('names may depend on the distribution', () => {
    const wanted = packages({ names: ({ version }) => (version === '13' ? ['curl'] : ['wget']) });
    expect(oneLine(decideFrom(wanted, DPKG))).toBe('ok');
    expect(oneLine(decideFrom(wanted, DPKG, { ...FACTS, version: '12' }))).toBe('+ install wget');
  });

  it('a package on hold counts as installed', () =>
    expect(oneLine(decideFrom(packages({ names: ['nano'] }), DPKG))).toBe('ok'));

  it('nothing is installed where dpkg says nothing', () =>
    expect(oneLine(decideFrom(packages({ names: ['curl'] }), ''))).toBe('+ install curl'));
});

describe('the change', () => {
  const wanted = packages({ names: ['curl', 'haproxy', 'docker.io'] });
  const script = kindOf(wanted).apply(wanted.args, readAll(DPKG, wanted)[0], FACTS, {});
  it.each([
    ['installs what is missing, and only that', / install haproxy docker\.io /],
    ['asks nothing', / -y /],
    ['keeps configuration that is there', /Dpkg::Options::=--force-confold/],
    ['waits for another apt', /DPkg::Lock::Timeout=\d+/],
    ['brings nothing along', /--no-install-recommends/],
    ['refreshes the lists only when the install failed', /^if ! apt-get .*; then apt-get .* update; apt-get /],
  ])('%s', (_what, expected) => expect(script).toMatch(expected));

  it('is valid sh', () => execFileSync('sh', ['-n', '-c', script]));
});

it('the probe reads the packages of this machine', async () => {
  expect(oneLine(await decideHere(packages({ names: ['dpkg', 'no-such-package-here'] })))).toBe(
    '+ install no-such-package-here',
  );
});
