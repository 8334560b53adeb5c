import { describe, expect, test } from 'vitest';
import { until } from '../support/wait.ts';
import { addresses, byHand } from './support/hosts.ts';
import { ENV, HOSTS, kill, kit, start } from './support/kit.ts';
import { changesIn, recapIn } from './support/plan.ts';
import { snapshot, touched } from './support/snapshot.ts';

/** From nothing, with nothing cached: host image, packages, images. */
const DEPLOY_MS = 900_000;

describe('from bare hosts to a live feed', () => {
  test('a run that is cut off in the middle continues when it is started again', async () => {
    const first = start('sandbox', ['--env', ENV]);
    const reached = await until('Docker being installed', () => /[…✓] docker: .*/.exec(first.text())?.[0], {
      ms: DEPLOY_MS,
      seen: () => first.text().slice(-1500),
    });
    kill(first);
    const { code, text } = await first.ended;
    console.log(`killed at "${reached}"`);
    expect(code, text).toBe(-1);
    expect(text).not.toContain('Ready in');

    const second = await kit('sandbox', [], { deadlineMs: DEPLOY_MS });
    expect(second.code, second.text).toBe(0);
    expect(second.text).toContain('http://localhost:13004/');
    expect(Object.keys(recapIn(second.text)).sort()).toEqual([...HOSTS].sort());
    console.log(second.text.slice(second.text.indexOf('every topic arrives') - 40));
  });

  test('what was asked for runs', async () => {
    const running = async (host: (typeof HOSTS)[number]): Promise<string[]> =>
      (await byHand(host, "docker ps --format '{{.Names}}'")).split('\n').filter(Boolean).sort();
    expect(await running('backend-1')).toEqual(['odin-broker', 'odin-prometheus', 'odin-publisher']);
    expect(await running('ws-1')).toEqual(['odin-ws']);
    expect(await running('ws-2')).toEqual(['odin-ws']);
    expect(await running('lb-1')).toEqual([]);
    expect(await byHand('lb-1', 'systemctl is-active haproxy')).toBe('active');
  });
});

describe('nothing left to do', () => {
  test('a second deploy changes nothing, writes nothing, and makes one remote execution per host', async () => {
    const before = await snapshot();
    const deploy = await kit('deploy', ['--yes', '--detailed-exitcode']);
    expect(deploy.code, deploy.text).toBe(0);
    expect(deploy.text).toContain('Nothing to change.');
    for (const [host, counts] of Object.entries(recapIn(deploy.text)))
      expect(counts, host).toMatchObject({ changed: 0, failed: 0, unreachable: 0, executions: 1 });
    const once = Object.fromEntries(Object.values(await addresses()).map((address) => [address, 1]));
    expect(deploy.executions).toEqual(once);
    expect(touched(before, await snapshot())).toEqual([]);
    console.log(`a deploy without changes: ${deploy.ms} ms`);
  });

  test('a second run of the sandbox changes nothing', async () => {
    const before = await snapshot();
    const again = await kit('sandbox');
    expect(again.code, again.text).toBe(0);
    expect(again.text).toContain('Nothing to change.');
    expect(again.text).toContain('Ready in');
    expect(touched(before, await snapshot())).toEqual([]);
    console.log(`a second run of the sandbox: ${again.ms} ms`);
  });

  test('two plans at once do not wait for each other and write nothing', async () => {
    const before = await snapshot();
    const plans = await Promise.all([kit('plan', ['--diff']), kit('plan', ['--detailed-exitcode'])]);
    for (const plan of plans) {
      expect(plan.code, plan.text).toBe(0);
      expect(changesIn(plan.text)).toEqual([]);
    }
    expect(touched(before, await snapshot())).toEqual([]);
  });
});
