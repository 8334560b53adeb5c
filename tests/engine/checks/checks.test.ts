import { describe, expect, it } from 'vitest';
import type { HostCheck, Verdict } from '#engine/check.ts';
import { containerOurs } from '#engine/checks/container-ours.ts';
import { portFree } from '#engine/checks/port-free.ts';
import { checkPieces, judgeAll, type OwnedCheck } from '#engine/plan.ts';
import { hostOf, sandboxInventory } from '../../support/inventory.ts';
import { FACTS } from '../../support/kind.ts';
import { runPieces } from '../../support/shell.ts';

const judged = (check: HostCheck, output: string): Verdict => check.judge({ id: check.id, status: 0, output }, FACTS);

describe('a port is free or ours', () => {
  const check = portFree({ port: 9092, address: '10.77.0.11', owner: 'odin-broker' });
  // As `ss -Hltnp` prints it, then the names of containers that publish the port.
  const ss = (local: string, program: string): string =>
    `LISTEN 0      4096   ${local}    0.0.0.0:*    users:(("${program}",pid=812,fd=7))\n`;
  const table: [what: string, output: string, message: string | undefined][] = [
    ['nothing listens', '%%\n', undefined],
    ['our own container', `${ss('10.77.0.11:9092', 'docker-proxy')}%%\nodin-broker\n`, undefined],
    [
      'another container',
      `${ss('10.77.0.11:9092', 'docker-proxy')}%%\nredpanda-0\n`,
      'port 9092 is taken by the container redpanda-0',
    ],
    [
      'another container on every address',
      `${ss('0.0.0.0:9092', 'docker-proxy')}%%\nredpanda-0\n`,
      'port 9092 is taken by the container redpanda-0',
    ],
    ['a program', `${ss('10.77.0.11:9092', 'java')}%%\n`, 'port 9092 is taken by java'],
    ['a program on every address', `${ss('*:9092', 'java')}%%\n`, 'port 9092 is taken by java'],
    ['a program on every IPv6 address', `${ss('[::]:9092', 'java')}%%\n`, 'port 9092 is taken by java'],
    ['a program on another address', `${ss('127.0.0.1:9092', 'java')}%%\n`, undefined],
    ['a program on one interface', `${ss('10.77.0.11%eth0:9092', 'java')}%%\n`, 'port 9092 is taken by java'],
    [
      'somebody whose name may not be seen',
      'LISTEN 0 128 0.0.0.0:9092 0.0.0.0:*\n%%\n',
      'port 9092 is taken by another program',
    ],
  ];
  it.each(table)('%s', (_what, output, message) => {
    const verdict = judged(check, output);
    expect(verdict).toMatchObject(message ? { ok: false, code: 'port-taken', message } : { ok: true });
  });

  it('our own program, on every address', () => {
    const haproxy = portFree({ port: 3004, address: '0.0.0.0', owner: 'haproxy' });
    expect(judged(haproxy, `${ss('0.0.0.0:3004', 'haproxy')}%%\n`).ok).toBe(true);
    expect(judged(haproxy, `${ss('127.0.0.1:3004', 'node')}%%\n`).ok).toBe(false);
  });

  it('says what to type', () => {
    expect(judged(check, `${ss('0.0.0.0:9092', 'docker-proxy')}%%\nredpanda-0\n`)).toMatchObject({
      next: 'docker stop redpanda-0   (on the host)',
      lastLines: expect.stringContaining('docker-proxy'),
    });
  });
});

describe('a container is ours', () => {
  const check = containerOurs('odin-broker', 'odin-backend');
  const table: [output: string, message: string | undefined][] = [
    ['', undefined],
    ['odin-backend|r/kafka:1|Up 3 days\n', undefined],
    [
      'old-stack|redpanda:v23|Up 3 weeks\n',
      'a container odin-broker is already there, made by the Compose project old-stack from redpanda:v23 (Up 3 weeks); it is not replaced',
    ],
    [
      '|redpanda:v23|Exited (0) 2 days ago\n',
      'a container odin-broker is already there, made by hand from redpanda:v23 (Exited (0) 2 days ago); it is not replaced',
    ],
  ];
  it.each(table)('%j', (output, message) => {
    expect(judged(check, output)).toMatchObject(
      message ? { ok: false, code: 'foreign-container', message } : { ok: true },
    );
  });
});

describe('checks run with everything else', () => {
  const host = hostOf(sandboxInventory(), 'ws-1');
  const owned = (more: Partial<HostCheck>): OwnedCheck => ({
    role: 'demo',
    check: {
      where: 'host',
      id: 'demo.x',
      title: 'x',
      severity: 'critical',
      phases: ['verify'],
      probe: 'echo fine',
      timeoutSeconds: 0.5,
      judge: ({ output }) =>
        (JSON.parse(output) as { ok: boolean }).ok ? { ok: true } : { ok: false, message: 'not ok' },
      ...more,
    },
  });
  const table: [what: string, probe: string, verdict: object][] = [
    ['good', `echo '{"ok":true}'`, { ok: true }],
    ['bad', `echo '{"ok":false}'`, { ok: false, message: 'not ok' }],
    // What answers on a port may be a stranger, or a proxy with a page of its own.
    [
      'an answer that is not what was expected',
      'echo "<html>503</html>"',
      { ok: false, message: expect.stringContaining('the answer cannot be understood'), lastLines: '<html>503</html>' },
    ],
    ['no answer', ':', { ok: false, message: expect.stringContaining('the answer cannot be understood') }],
    ['hung', 'echo half; sleep 20', { ok: false, message: 'the check did not answer in time', lastLines: 'half' }],
  ];
  it.each(table)('%s', async (_what, probe, verdict) => {
    const checks = [owned({ probe })];
    const { answers } = await runPieces(checkPieces(checks));
    expect(judgeAll(host, checks, answers, FACTS)).toEqual([
      expect.objectContaining({ host: 'ws-1', role: 'demo', verdict: expect.objectContaining(verdict) }),
    ]);
  });

  it('one that was not answered did not pass', () => {
    expect(judgeAll(host, [owned({})], new Map(), FACTS)[0]?.verdict).toEqual({
      ok: false,
      message: 'the check gave no answer',
    });
  });
});
