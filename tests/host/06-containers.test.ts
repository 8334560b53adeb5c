import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { plan, run } from './support/book.ts';
import { byHand } from './support/box.ts';
import { box, containerStarts, ENGINE, forgetContainerStarts } from './support/docker.ts';
import type { Item } from './support/items.ts';
import { HOLD } from './support/kinds.ts';
import { arm, letGo, reached } from './support/places.ts';
import { killAll, says, sshOf, start } from './support/process.ts';

const BOX = 'box-1';
const [conf, starts, stack] = box('new\n') as [Item, Item, Item];
const WAVE: Item[] = [
  conf,
  starts,
  { kind: 'gate', args: { name: 'before' } },
  stack,
  { kind: 'gate', args: { name: 'after' } },
];
const PROGRAM = '/usr/local/sbin/docker';

/** A program that stands before Docker's own and holds whoever brings containers up, before that and afterwards. */
const IN_THE_WAY = `cat >${PROGRAM} <<'END'
#!/bin/sh
${HOLD}
if [ "$1" = compose ]; then hold before-up || exit 1; /usr/bin/docker "$@"; r=$?; hold after-up || exit 1; exit $r; fi
exec /usr/bin/docker "$@"
END
chmod 755 ${PROGRAM}`;

beforeAll(async () => {
  const { code, text } = await run({ [BOX]: ENGINE });
  expect(code, text).toBe(0);
  await byHand(BOX, IN_THE_WAY);
  return async () => {
    await byHand(BOX, `rm -f ${PROGRAM}`);
  };
});
afterEach(() => letGo(BOX));

async function before(...armed: string[]): Promise<void> {
  await arm(BOX);
  const { code, text } = await run({ [BOX]: box('old\n') });
  expect(code, text).toBe(0);
  await forgetContainerStarts(BOX);
  await arm(BOX, ...armed);
}

/** The container was made anew once, with the new configuration, and there is nothing left to do. */
async function repaired(): Promise<void> {
  const { code, text } = await run({ [BOX]: WAVE });
  expect(code, text).toBe(0);
  expect(await plan({ [BOX]: WAVE })).toEqual([]);
  expect(await containerStarts(BOX)).toEqual(['new']);
}

describe('a container whose configuration changed is made anew once', () => {
  const PLACES = ['before', 'before-up', 'after-up', 'after'];

  test.each(PLACES)('when controller and connection die at %s', async (place) => {
    await before(place);
    const first = start({ [BOX]: WAVE });
    await reached(BOX, place);
    killAll([first.pid, ...sshOf(first)]);
    await first.ended;
    await letGo(BOX);
    await repaired();
  });

  test.each(PLACES)('when the next run begins before the host is done at %s', async (place) => {
    await before(place);
    const first = start({ [BOX]: WAVE });
    await reached(BOX, place);
    killAll([first.pid]);
    await first.ended;
    const next = start({ [BOX]: WAVE });
    await says(next, /waiting for what .* began here before it was cut off/);
    await letGo(BOX);
    const ended = await next.ended;
    expect(ended.code, ended.text).toBe(0);
    await repaired();
  });
});
