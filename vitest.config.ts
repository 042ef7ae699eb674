import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{streams,src,marbles,test,bench,docs}/**/*.test.ts'],
    globals: false,
    // Processes, not threads: a test may load native addons and send signals. Two, because CI has two cores.
    pool: 'forks',
    maxWorkers: 2,
    // No test should need 5 s on its own; on a busy two-core machine the slowest has been seen to take ten times as long.
    testTimeout: 60_000,
    hookTimeout: 20_000,
    restoreMocks: true,
  },
});
