import { configDefaults, defineConfig } from "vitest/config";

/** Whether to run the specs with a real cluster: not every machine has Slurm. */
const slurm = process.env["SLURM"] !== undefined;

export default defineConfig({
  root: `${import.meta.dirname}/..`,
  test: {
    include: ["spec/**/*.spec.ts"],
    exclude: [...configDefaults.exclude, ...(slurm ? [] : ["spec/slurm/**"])],
    testTimeout: slurm ? 300_000 : 60_000,
    hookTimeout: 120_000,
    // A machine has one cluster, which needs all processors.
    fileParallelism: !slurm,
    // Specs start real processes and wait for their ends, so each file needs its own process.
    pool: "forks",
  },
});
