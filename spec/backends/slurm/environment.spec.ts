/** What Slurm's commands are started in. */
import { expect, it } from "vitest";
import { readable, scrubbed } from "../../../lib/backends/slurm/environment.js";

it("has nothing that would make them do or say something else than they are asked", () => {
  const before = {
    ...{ PATH: "/bin", HOME: "/h", SLURM_CONF: "/etc/slurm.conf", LANG: "de_DE.UTF-8" },
    ...{ SBATCH_ARRAY_INX: "0-3", SBATCH_WAIT: "1", SQUEUE_STATES: "R", SLURM_CLUSTERS: "x", SLURM_MEM_PER_CPU: "7" },
  };
  const { environment, removed } = scrubbed(before);
  expect(removed).toEqual(["SBATCH_ARRAY_INX", "SBATCH_WAIT", "SLURM_CLUSTERS", "SLURM_MEM_PER_CPU", "SQUEUE_STATES"]);
  expect(environment).toEqual({ PATH: "/bin", HOME: "/h", SLURM_CONF: "/etc/slurm.conf", LANG: "de_DE.UTF-8" });
  expect(readable(environment)).toMatchObject({
    LC_ALL: "C",
    SLURM_TIME_FORMAT: "standard",
    SLURM_CONF: "/etc/slurm.conf",
  });
});
