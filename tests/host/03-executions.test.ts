import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { countExecutions, realSsh, SHIM } from '../e2e/support/kit.ts';
import { byHand, RUNTIME } from './support/box.ts';
import type { Item } from './support/items.ts';
import { deploy } from './support/process.ts';
import { web } from './support/web.ts';

const BOX = 'box-2';

/** So many resources, of several kinds. */
function many(count: number, text: string): Item[] {
  const rest: Item[] = [
    ...web('steady\n'),
    { kind: 'sysctl', args: { values: { 'net.core.somaxconn': '4096' } } },
    { kind: 'packages', args: { names: ['base-files'] } },
    { kind: 'folder', args: { path: '/opt/odin-test/many', files: { a: { content: 'a' } } } },
  ];
  const files = Array.from({ length: count - rest.length }, (_, i): Item => {
    const path = `/opt/odin-test/f${i}`;
    return i % 4 === 0 ? { kind: 'directory', args: { path } } : { kind: 'file', args: { path, content: text } };
  });
  return [...files, ...rest];
}

/** Remote executions of one controller, counted where ssh is started. */
async function counted(items: readonly Item[]): Promise<{ code: number; text: string; executions: number }> {
  const log = join(RUNTIME, 'ssh.log');
  rmSync(log, { force: true });
  const ended = await deploy({ [BOX]: items }, ['--yes'], {
    env: { PATH: `${SHIM}:${process.env.PATH}`, SSH_SHIM_LOG: log, SSH_SHIM_REAL: realSsh() },
  });
  const counts = existsSync(log) ? Object.values(countExecutions(readFileSync(log, 'utf8'))) : [];
  expect(counts).toHaveLength(1);
  return { ...ended, executions: counts[0] ?? 0 };
}

describe.each([20, 200])('%d resources', (count) => {
  test('with changes: learn, lock, one wave, checks', async () => {
    const { code, text, executions } = await counted(many(count, `${Date.now()}`));
    expect(code, text).toBe(0);
    expect(executions, text).toBe(4);
  });

  test('one change among them takes no more', async () => {
    const items = many(count, 'same');
    expect((await counted(items)).code).toBe(0);
    const { code, text, executions } = await counted([
      ...items,
      { kind: 'file', args: { path: '/opt/odin-test/one', content: `${Date.now()}` } },
    ]);
    expect(code, text).toBe(0);
    expect(executions, text).toBe(4);
  });

  test('nothing to change: one', async () => {
    const { code, text, executions } = await counted(many(count, 'same'));
    expect(code, text).toBe(0);
    expect(text).toContain('Nothing to change.');
    expect(executions, text).toBe(1);
  });
});

test('one more per wave: what only another change makes readable waits for it', async () => {
  const unit = 'odin-test-late.service';
  await byHand(
    BOX,
    `systemctl stop ${unit} 2>/dev/null || :; rm -f /etc/systemd/system/${unit}; systemctl daemon-reload`,
  );
  const { code, text, executions } = await counted([
    {
      kind: 'file',
      args: {
        path: `/etc/systemd/system/${unit}`,
        content: `# ${Date.now()}\n[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n`,
      },
    },
    { kind: 'service', args: { unit } },
  ]);
  expect(code, text).toBe(0);
  expect(text).toContain(`known after the unit ${unit}`);
  expect(executions, text).toBe(5);
});
