import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { asLine, DRIFTS, LOCK } from './support/drift.ts';
import { kit } from './support/kit.ts';
import { changesIn, recapIn } from './support/plan.ts';
import { snapshot, touched } from './support/snapshot.ts';

const EXIT_CHANGED = 10;

beforeAll(nothingToDo);
// One fault must not be taken for the next one's.
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await kit('deploy', ['--yes']);
});

describe.each(DRIFTS)('$what', (drift) => {
  test('is found, shown, repaired, and nothing else is touched', async () => {
    const { host } = drift;
    const before = await snapshot();
    await drift.break();

    const plan = await kit('plan', ['--diff', '--detailed-exitcode']);
    expect(plan.code, plan.text).toBe(EXIT_CHANGED);
    expect(changesIn(plan.text).map(asLine), plan.text).toEqual(drift.plan);
    expect(new Set(changesIn(plan.text).map((change) => change.host))).toEqual(new Set([host]));
    for (const said of drift.says) expect(plan.text).toMatch(said);

    const deploy = await kit('deploy', ['--yes', '--detailed-exitcode']);
    expect(deploy.code, deploy.text).toBe(EXIT_CHANGED);
    expect(changesIn(deploy.text).map(asLine), deploy.text).toEqual(drift.plan);
    const changed = Object.entries(recapIn(deploy.text)).filter(([, counts]) => counts.changed !== 0);
    expect(changed.map(([name, counts]) => [name, counts.changed])).toEqual([
      [host, drift.changed ?? drift.plan.length],
    ]);

    await nothingToDo();
    const allowed = [...drift.touches, ...LOCK];
    const stray = touched(before, await snapshot()).filter(
      (name) => !name.startsWith(`${host} `) || !allowed.some((each) => each.test(name.slice(host.length + 1))),
    );
    expect(stray).toEqual([]);
    console.log(`${drift.what}: plan ${plan.ms} ms, deploy ${deploy.ms} ms`);
  });
});

async function nothingToDo(): Promise<void> {
  const plan = await kit('plan', ['--detailed-exitcode']);
  expect(plan.code, plan.text).toBe(0);
  expect(changesIn(plan.text)).toEqual([]);
}
