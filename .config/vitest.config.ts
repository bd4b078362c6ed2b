import { configDefaults, defineConfig } from "vitest/config";

/** Whether to run the specs with a real cluster: not every machine has Slurm, or Grid Engine. */
const slurm = process.env["SLURM"] !== undefined;
const gridengine = process.env["GRIDENGINE"] !== undefined;
const real = slurm || gridengine;

export default defineConfig({
  root: `${import.meta.dirname}/..`,
  test: {
    include: ["spec/**/*.spec.ts"],
    exclude: [
      ...configDefaults.exclude,
      ...(slurm ? [] : ["spec/slurm/**"]),
      ...(gridengine ? [] : ["spec/gridengine/**"]),
    ],
    testTimeout: real ? 300_000 : 60_000,
    hookTimeout: 120_000,
    // A machine has one cluster, which needs all processors.
    fileParallelism: !real,
    // Specs start real processes and wait for their ends, so each file needs its own process.
    pool: "forks",
  },
});
