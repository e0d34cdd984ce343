import { defineConfig } from 'vitest/config';

/** The slow tier: big inputs, fuzz soak, tests that need a download. */
export default defineConfig({
  test: {
    include: ['test/slow/**/*.test.ts'],
    testTimeout: 1_200_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    reporters: ['verbose'],
  },
});
