import { expect, it } from 'vitest';
import { inParallel } from '#engine/parallel.ts';

it.each([
  [1, 1],
  [3, 3],
  [10, 10],
  [50, 20],
])('at most %i at once, in the order of the items', async (bound, most) => {
  let running = 0;
  let peak = 0;
  const results = await inParallel(
    Array.from({ length: 20 }, (_, i) => i),
    bound,
    async (item) => {
      running += 1;
      peak = Math.max(peak, running);
      await new Promise((resolve) => setTimeout(resolve, 20 - item));
      running -= 1;
      return item;
    },
  );
  expect(peak).toBe(most);
  expect(results.map((result) => result.status === 'fulfilled' && result.value)).toEqual(
    Array.from({ length: 20 }, (_, i) => i),
  );
});

it('waits for every one, also after a failure', async () => {
  const done: number[] = [];
  const results = await inParallel([1, 2, 3], 2, async (item) => {
    if (item === 1) throw new Error('first');
    await new Promise((resolve) => setTimeout(resolve, 5));
    done.push(item);
  });
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  expect(done).toEqual([2, 3]);
});

it('nothing to do is done', async () => expect(await inParallel([], 5, async () => 1)).toEqual([]));
