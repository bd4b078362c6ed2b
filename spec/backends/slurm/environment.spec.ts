/** The environments in which Slurm's programs run. */
import { expect, it } from "vitest";
import { environments } from "../../../lib/backends/slurm/environment.js";

it("Slurm's programs get no variable that would steer them, and those that the program reads answer in English", () => {
  const before = {
    ...{ PATH: "/bin", HOME: "/h", SLURM_CONF: "/etc/slurm.conf", LANG: "de_DE.UTF-8" },
    ...{ SBATCH_ARRAY_INX: "0-3", SBATCH_WAIT: "1", SQUEUE_STATES: "R", SLURM_CLUSTERS: "x", SLURM_MEM_PER_CPU: "7" },
  };
  const { environment, readable, removed } = environments(before);
  expect(removed).toEqual(["SBATCH_ARRAY_INX", "SBATCH_WAIT", "SLURM_CLUSTERS", "SLURM_MEM_PER_CPU", "SQUEUE_STATES"]);
  expect(environment).toEqual({ PATH: "/bin", HOME: "/h", SLURM_CONF: "/etc/slurm.conf", LANG: "de_DE.UTF-8" });
  expect(readable).toMatchObject({ LC_ALL: "C", SLURM_TIME_FORMAT: "standard", SLURM_CONF: "/etc/slurm.conf" });
});
