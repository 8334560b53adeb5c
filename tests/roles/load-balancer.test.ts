import { describe, expect, it } from 'vitest';
import { loadBalancer } from '#roles/load-balancer/role.ts';
import { inventoryOf, sandboxInventory } from '../support/inventory.ts';
import { checksOf, fileText, hostCheck, judge, resourcesOf, said } from '../support/roles.ts';

/** Sections of haproxy.cfg by their first line. */
function sections(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of text.split('\n').filter((each) => each.trim() && !each.trim().startsWith('#'))) {
    if (line.startsWith(' ')) current.push(line.trim());
    else {
      current = [];
      found.set(line, current);
    }
  }
  return found;
}

const config = sections(fileText(loadBalancer, sandboxInventory(), 'lb-1', '/etc/haproxy/haproxy.cfg'));

describe('haproxy.cfg', () => {
  it.each<[section: string, line: string]>([
    ['frontend feed', 'bind :3004'],
    ['frontend feed', 'default_backend ws'],
    ['defaults', 'mode tcp'],
    // The ws-server pings every 25 s: silent clients are cut after three of those, not before.
    ['defaults', 'timeout client 75s'],
    ['defaults', 'timeout server 75s'],
    ['backend ws', 'balance leastconn'],
    ['backend ws', 'http-check send meth GET uri /lb'],
    ['backend ws', 'http-check expect status 200'],
    ['backend ws', 'default-server check inter 2s fall 2 rise 2 send-proxy-v2 check-send-proxy'],
    ['backend ws', 'server ws-1 10.77.0.12:3004'],
    ['backend ws', 'server ws-2 10.77.0.13:3004'],
    ['frontend stats', 'bind 127.0.0.1:8404'],
    ['frontend stats', 'bind 10.77.0.14:8404'],
    ['frontend stats', 'http-request use-service prometheus-exporter if { path /metrics }'],
    ['global', 'maxconn 9000'],
    ['global', 'stats socket /run/haproxy/admin.sock mode 660 level admin'],
  ])('%s: %s', (section, line) => expect(config.get(section)).toContain(line));

  it('only the feed is on every address', () => {
    const binds = [...config].flatMap(([section, lines]) =>
      lines.filter((line) => line.startsWith('bind')).map((line) => `${section}: ${line}`),
    );
    expect(binds.filter((line) => / :\d/.test(line))).toEqual(['frontend feed: bind :3004']);
  });

  it('ports follow the inventory', () => {
    const other = sections(
      fileText(
        loadBalancer,
        inventoryOf(`
provider: sandbox
hosts:
  b: { groups: [backend] }
  w: { groups: [ws], vars: { ws-server: { port: 8080 } } }
  l: { groups: [lb], vars: { load-balancer: { port: 443 } } }
network: {}
`),
        'l',
        '/etc/haproxy/haproxy.cfg',
      ),
    );
    expect(other.get('frontend feed')).toContain('bind :443');
    expect(other.get('backend ws')).toContain('server w 10.77.0.12:8080');
  });
});

it('a new configuration is checked before it takes effect, and then reloaded: clients stay connected', () => {
  const resources = resourcesOf(loadBalancer, sandboxInventory(), 'lb-1');
  expect(resources.map(({ id }) => id)).toEqual([
    'apt.packages haproxy',
    'file /etc/haproxy/haproxy.cfg',
    'systemd.service haproxy.service',
  ]);
  expect(resources[1]?.args).toMatchObject({ validate: 'haproxy -c -q -f' });
  expect(resources[2]?.args).toMatchObject({ onChange: 'reload' });
});

describe('every ws host takes part', () => {
  const check = hostCheck(checksOf(loadBalancer, sandboxInventory(), 'lb-1'), 'lb.servers');
  it.each([
    ['ws-1 UP\nws-2 UP\n', 'ok: ws-1 UP, ws-2 UP'],
    // On its way down it still serves.
    ['ws-1 UP 1/2\nws-2 UP\n', 'ok: ws-1 UP 1/2, ws-2 UP'],
    ['ws-1 UP\nws-2 DOWN\n', 'not taking part: ws-2 DOWN'],
    ['ws-1 DOWN 1/2\nws-2 MAINT\n', 'not taking part: ws-1 DOWN 1/2, ws-2 MAINT'],
    ['ws-1 DRAIN\nws-2 UP\n', 'not taking part: ws-1 DRAIN'],
    ['ws-1 no check\nws-2 UP\n', 'not taking part: ws-1 no check'],
    ['', 'HAProxy does not answer'],
  ])('%j: %s', (output, verdict) => expect(said(judge(check, output))).toBe(verdict));
});
