import { expect, it } from 'vitest';
import { outdated } from '#providers/sandbox/debs.ts';

it('keeps the newest of each package and architecture', () => {
  const files = [
    { name: 'docker.io_26.1.5_amd64.deb', time: 1 },
    { name: 'docker.io_26.1.6_amd64.deb', time: 2 },
    { name: 'docker.io_26.1.5_arm64.deb', time: 1 },
    { name: 'docker-cli_26.1.5_amd64.deb', time: 1 },
  ];
  expect(outdated(files)).toEqual(['docker.io_26.1.5_amd64.deb']);
  expect(outdated([])).toEqual([]);
});
