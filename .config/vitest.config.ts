import { configDefaults, defineConfig } from "vitest/config";

/** Specs with a real cluster are run when they are asked for: not every machine has Slurm. */
const slurm = process.env["SLURM"] !== undefined;

export default defineConfig({
  root: `${import.meta.dirname}/..`,
  test: {
    include: ["spec/**/*.spec.ts"],
    exclude: [...configDefaults.exclude, ...(slurm ? [] : ["spec/slurm/**"])],
    testTimeout: slurm ? 300_000 : 60_000,
    hookTimeout: 120_000,
    // A machine has one cluster, and all of its processors are needed for that.
    fileParallelism: !slurm,
    // Specs start real processes and look at how they end: each file in a process of its own.
    pool: "forks",
  },
});
