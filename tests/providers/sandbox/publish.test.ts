import { describe, expect, it } from 'vitest';
import { inventorySchema } from '#engine/inventory/schema.ts';
import { parsePublish, publishedPorts } from '#providers/sandbox/publish.ts';

describe('one entry', () => {
  const table: [string, { address: string; port: number; hostPort: number } | undefined][] = [
    ['127.0.0.1:3004:3004', { address: '127.0.0.1', port: 3004, hostPort: 3004 }],
    ['8080:80', { address: '', port: 8080, hostPort: 80 }],
    ['3004', undefined],
    ['127.0.0.1:3004', undefined],
    ['localhost:3004:3004', undefined],
    ['0:80', undefined],
    ['3004:65536', undefined],
    ['3004:3004/udp', undefined],
    ['', undefined],
  ];
  it.each(table)('%s', (written, expected) => {
    expect(parsePublish('lb-1', written)).toEqual(expected && { host: 'lb-1', written, ...expected });
  });
});

it('names every malformed entry and every host that is not there', () => {
  const file = inventorySchema.parse({
    provider: 'sandbox',
    network: {},
    hosts: { 'lb-1': { groups: ['lb'] } },
    sandbox: { publish: { 'lb-1': ['3004:3004', 'x'], 'lb-2': ['1:1'] } },
  });
  const refused = (): unknown => publishedPorts({ env: 'demo', file });
  expect(refused).toThrow(/inventory\/demo\.yml sandbox\.publish\.lb-1\[1\]: "x" is not \[ADDRESS:\]PORT:HOST_PORT/);
  expect(refused).toThrow(/sandbox\.publish\.lb-2: there is no such host/);
});
