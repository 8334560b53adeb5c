import { expect, it } from 'vitest';
import { isRunning, statusShows } from '#engine/local/process.ts';

const table: [string, string, string | undefined, boolean][] = [
  ['the program sleeps', 'Name:\tdockerd\nUmask:\t0022\nState:\tS (sleeping)\n', 'dockerd', true],
  ['any program will do', 'Name:\tbash\nState:\tR (running)\n', undefined, true],
  ['the number belongs to another program', 'Name:\tbash\nState:\tS (sleeping)\n', 'dockerd', false],
  ['killed and not reaped', 'Name:\tdockerd\nState:\tZ (zombie)\n', 'dockerd', false],
  ['dying', 'Name:\tdockerd\nState:\tX (dead)\n', 'dockerd', false],
  ['nothing readable', '', undefined, false],
];

it.each(table)('%s', (_, status, program, expected) => {
  expect(statusShows(status, program)).toBe(expected);
});

it('this process runs, and number 0 does not', async () => {
  expect(await isRunning(process.pid)).toBe(true);
  expect(await isRunning(process.pid, 'another-program')).toBe(false);
  expect(await isRunning(0)).toBe(false);
});
