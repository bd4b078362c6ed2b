/** How often a site is asked for its configuration, and for its accounts. */
import { describe, expect, it } from "vitest";
import { emptyQueue, simulateJob } from "../simulated-jobs.js";
import { fails, siteAnswer } from "../slurm-answers.js";
import { TIMED_OUT } from "../submit/sbatch-failures.js";
import { simulate } from "../virtual-slurm.js";

describe("a site", () => {
  it("the program asks for a site's configuration until it has an answer, and no further", () => {
    let asked = 0;
    const { reports } = simulate(400, (slurm) => {
      slurm.sbatch = () => TIMED_OUT;
      slurm.scontrol = () => (++asked <= 2 ? fails("slurm_load_ctl_conf error") : siteAnswer({ MinJobAge: "1 sec" }));
      slurm.submit(slurm.request({ script: "job.py" }));
    });
    expect(reports.at(-1)).toBe("120 lost");
    expect(asked).toBe(3);
  });

  it("the program asks once for accounts that the site does not keep", () => {
    const { runs } = simulateJob((slurm) => emptyQueue(slurm));
    expect(runs.sacct).toHaveLength(1);
  });

  it("the program asks for no accounts where the site's configuration says that there are none", () => {
    const { runs } = simulateJob((slurm) => {
      slurm.scontrol = () => siteAnswer({ AccountingStorageType: "accounting_storage/none" });
      emptyQueue(slurm);
    });
    expect(runs.sacct).toHaveLength(0);
  });
});
