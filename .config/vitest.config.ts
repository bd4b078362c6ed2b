import { defineConfig } from "vitest/config";

export default defineConfig({
  root: `${import.meta.dirname}/..`,
  test: {
    include: ["spec/**/*.spec.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Specs start real processes and look at how they end: each file in a process of its own.
    pool: "forks",
  },
});
