import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { plan, run } from './support/book.ts';
import { type Box, byHand, RUNS } from './support/box.ts';
import { box, ENGINE, stackSituations, WITHOUT_DOCKER } from './support/docker.ts';
import { resourceOf } from './support/items.ts';
import { packageSituations, type Situation, situations } from './support/situations.ts';
import { ALWAYS, everything, mayTouch, touched } from './support/state.ts';

/** Another seed walks through other hosts: the numbers of a failure are printed with it. */
const SEED = Number(process.env.SEED ?? 20_261);

/** What must hold for any host and any configuration. */
async function converges(box: Box, { hand, wanted }: Situation): Promise<void> {
  await byHand(box, hand);
  const before = await everything(box);
  const shown = await plan({ [box]: wanted });
  expect(touched(before, await everything(box)), 'a plan touches nothing').toEqual([]);

  const told = await run({ [box]: wanted });
  expect(told.code, told.text).toBe(0);
  expect(told.planned, 'the same is planned when it is applied').toEqual(shown);
  const known = shown.filter(({ action }) => action !== '?');
  if (known.length === shown.length) expect(told.made, 'what was planned was done, in this order').toEqual(shown);
  else
    expect(told.made, 'what was planned was done, and what was not known became known').toEqual(
      expect.arrayContaining(known),
    );

  expect(await plan({ [box]: wanted }), `nothing is left to do after ${JSON.stringify(shown)}`).toEqual([]);
  const changed = new Set(told.made.map(({ resource }) => resource));
  const due = wanted.filter((item) => changed.has(resourceOf(item).id));
  expect(
    touched(before, await everything(box), [...ALWAYS, ...due.flatMap(mayTouch)]),
    'nothing else was touched',
  ).toEqual([]);
}

function check(box: Box, arbitrary: fc.Arbitrary<Situation>, numRuns: number): Promise<void> {
  return fc.assert(
    fc.asyncProperty(arbitrary, (situation) => converges(box, situation)),
    { seed: SEED, numRuns, endOnFailure: true },
  );
}

describe('any host becomes what is wanted of it, and then there is nothing to do', () => {
  beforeAll(() =>
    byHand(
      'box-1',
      'rm -rf /etc/odin-test /opt/odin-test; apt-mark -q unhold hello sl >/dev/null; userdel -r odin-test 2>/dev/null || :',
    ),
  );

  test('files, folders, settings, a service, a user', () => check('box-1', situations, RUNS ?? 15), 3_600_000);
  test('from a bare host to a container', async () => {
    const bare: Situation = { hand: WITHOUT_DOCKER, wanted: [...ENGINE, ...box('one\n')] };
    for (let i = 0; i < (RUNS === undefined ? 1 : 5); i += 1) await converges('box-1', bare);
  }, 900_000);
  test('containers', () => check('box-1', stackSituations, Math.ceil((RUNS ?? 40) / 5)), 3_600_000);
  test('packages', () => check('box-1', packageSituations, Math.ceil((RUNS ?? 40) / 10)), 3_600_000);
});
