import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Flags } from '#engine/cli/command.ts';
import { lineReporter } from '#engine/report/reporter.ts';
import { runVars } from '#playbooks/vars.ts';
import { temporaryFolder } from '../support/folder.ts';

const folder = temporaryFolder();
const before = process.env.ODIN_INVENTORY;

beforeAll(() => {
  process.env.ODIN_INVENTORY = folder;
  writeFileSync(
    join(folder, 'prod.yml'),
    `provider: static
network: {}
hosts:
  b-1: { groups: [backend], address: 192.0.2.1 }
  ws-1:
    groups: [ws]
    address: 192.0.2.2
    vars:
      ws-server: { memory: 4G }
groups:
  ws:
    vars:
      ws-server: { memory: 2G }
vars:
  publisher:
    tokens: [BTC, ETH]
`,
  );
});
afterAll(() => {
  if (before === undefined) delete process.env.ODIN_INVENTORY;
  else process.env.ODIN_INVENTORY = before;
});

async function vars(flags: Flags): Promise<string[]> {
  const lines: string[] = [];
  expect(
    await runVars(
      flags,
      lineReporter((line) => void lines.push(line), false),
    ),
  ).toBe(0);
  return lines.join('\n').split('\n');
}

it('every variable of every role, with where its value comes from; no host is asked', async () => {
  const lines = await vars({ env: 'prod', host: 'ws-1', extra: ['broker.port=9093'] });
  const row = (name: string): string | undefined => lines.find((line) => line.trim().startsWith(`${name} `));
  expect(row('ws-server.memory')).toMatch(/^ {2}ws-server\.memory +4G +inventory\/prod\.yml:9:20$/);
  expect(row('publisher.tokens')).toMatch(/ \[ BTC, ETH \] +inventory\/prod\.yml:16:5$/);
  expect(row('broker.port')).toMatch(/ 9093 +--extra broker\.port=9093$/);
  expect(row('broker.memory')).toMatch(/ 640M +default of the role broker$/);
});

it('one, with everything that it overrides', async () => {
  expect(await vars({ env: 'prod', host: 'ws-1', key: 'ws-server.memory' })).toEqual([
    '  ws-server.memory  4G    inventory/prod.yml:9:20',
    '    overrides       2G    inventory/prod.yml:13:20',
    '    overrides       512M  default of the role ws-server',
  ]);
});

it.each<[flags: Flags, code: string, message: RegExp]>([
  [{ env: 'prod' }, 'usage', /^which host\? give --host NAME; prod has b-1, ws-1$/],
  [{ env: 'prod', host: 'ws-2' }, 'unknown-host', /did you mean "ws-1"/],
  [{ env: 'prod', host: 'ws-1', key: 'ws-server.memroy' }, 'usage', /did you mean "ws-server\.memory"/],
  [{ env: 'prod', host: 'ws-1', extra: ['broker.port=x'] }, 'usage', /^1 problem in --extra\n/],
  [{ host: 'ws-1' }, 'usage', /which environment/],
])('%j', async (flags, code, message) => {
  await expect(
    runVars(
      flags,
      lineReporter(() => {}, false),
    ),
  ).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});
