import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/e2e/**'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          // One sandbox serves all files, and the hosts share two cores: files run one after the other.
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 1_500_000,
        },
      },
    ],
  },
});
