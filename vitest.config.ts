import { defineConfig } from 'vitest/config';
import { ByName } from './tests/support/by-name.ts';

/** Tests that start real brokers: a Java runtime must be there, and one at a time is enough for two cores. */
const KAFKA = 'tests/apps/kafka/**';
const E2E = 'tests/e2e/**';

export default defineConfig({
  test: {
    sequence: { sequencer: ByName },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/**/*.test.ts'],
          exclude: [E2E, KAFKA],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'kafka',
          include: [`${KAFKA}/*.test.ts`],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: [`${E2E}/*.test.ts`],
          globalSetup: ['tests/e2e/support/sandbox.ts'],
          // One sandbox serves all files, and the hosts share two cores: files run one after the other, in order of name.
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 1_500_000,
        },
      },
    ],
  },
});
