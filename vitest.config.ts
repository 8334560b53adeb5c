import { defineConfig } from 'vitest/config';
import { ByName } from './tests/support/by-name.ts';

/** Tests that start real brokers: a Java runtime must be there, and one at a time is enough for two cores. */
const KAFKA = 'tests/apps/kafka/**';
const E2E = 'tests/e2e/**';
/** The engine on two hosts of a sandbox of its own. */
const HOST = 'tests/host/**';
/** Tests that start servers, sshds, browsers and whole scripts on this machine: too slow to run before every commit. */
const LOCAL = [
  'tests/apps/loadtest/**',
  'tests/apps/ws-server/**',
  'tests/engine/cli/**',
  'tests/engine/lock/**',
  'tests/engine/report/replay.test.ts',
  'tests/engine/run.test.ts',
  'tests/engine/transport/**',
];

export default defineConfig({
  test: {
    sequence: { sequencer: ByName },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/**/*.test.ts'],
          exclude: [E2E, HOST, KAFKA, ...LOCAL],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'local',
          include: LOCAL.map((path) => (path.endsWith('**') ? `${path}/*.test.ts` : path)),
          testTimeout: 30_000,
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
          name: 'engine',
          include: [`${HOST}/*.test.ts`],
          globalSetup: ['tests/host/support/sandbox.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 600_000,
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
