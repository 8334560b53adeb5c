import { expect, it } from 'vitest';
import { selectHosts } from '#engine/inventory/select.ts';
import { clusterInventory, sandboxInventory } from '../../support/inventory.ts';

it.each([
  ['all', 'backend-1 ws-1 ws-2 lb-1'],
  ['ws', 'ws-1 ws-2'],
  ['ws[0]', 'ws-1'],
  ['ws[1]', 'ws-2'],
  ['ws[7]', ''],
  ['monitoring', ''],
  ['lb-1', 'lb-1'],
  ['lb,ws-1', 'ws-1 lb-1'],
  [' lb , ws-1 ,', 'ws-1 lb-1'],
  ['ws,ws-1,all', 'backend-1 ws-1 ws-2 lb-1'],
])('%s', (pattern, expected) => {
  const names = selectHosts(sandboxInventory(), pattern).map(({ name }) => name);
  expect(names.join(' ')).toBe(expected);
});

it('the first of three backends', () => {
  expect(selectHosts(clusterInventory(), 'backend[0]').map(({ name }) => name)).toEqual(['backend-1']);
});

it.each([
  ['ws-3', 'unknown host or group "ws-3"; did you mean "ws-1"?'],
  ['backends', 'unknown host or group "backends"; did you mean "backend"?'],
  [
    'ws-1,nowhere',
    'unknown host or group "nowhere"; known: backend-1, ws-1, ws-2, lb-1, backend, ws, lb, monitoring, all',
  ],
  ['web[0]', expect.stringContaining('unknown host or group "web[0]"')],
  ['ws[x]', expect.stringContaining('unknown host or group "ws[x]"')],
  ['!ws', expect.stringContaining('unknown host or group "!ws"')],
])('%s is an error, never ignored', (pattern, message) => {
  expect(() => selectHosts(sandboxInventory(), pattern)).toThrow(
    expect.objectContaining({ code: 'unknown-host', message }),
  );
});
