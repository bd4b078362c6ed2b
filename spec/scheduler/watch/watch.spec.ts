/** A job, look after look, in a Slurm that says whatever it likes. */
import { describe, expect, it } from "vitest";
import { gone, no, OFF, ok, played, story } from "../../backends/slurm/stand-in.js";

const AWAY = no("slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n");

const shown = (...words: readonly string[]) => ["0 job 101", "0 pending", ...words];

describe("a queue", () => {
  it("that does not answer changes nothing, for however long", () => {
    const { told } = story((world, job) => {
      world.at(70, () => {
        job().state = "RUNNING";
        world.squeue = () => AWAY;
      });
      world.at(2000, () => {
        world.squeue = () => "queue";
        job().state = "COMPLETED";
      });
    });
    expect(told).toEqual(shown("80 backend.silent", "2120 backend.answered", "2120 succeeded"));
  });

  it("that answers with nothing but a complaint is no queue without jobs", () => {
    const { told } = story((world) => {
      world.squeue = () => ({ status: 1, stdout: "", stderr: "Invalid job id specified" });
    });
    expect(told).toEqual(["0 job 101", "0 backend.silent"]);
  });

  it("that hangs is given up, and told of", () => {
    const { told, asked } = story(
      (world) => {
        world.squeue = () => undefined;
      },
      { seconds: 1000 },
    );
    expect(told).toEqual(["0 job 101", "30 backend.silent", "240 backend.silent"]);
    expect(asked.squeue).toEqual([0, 360, 840]);
  });

  it("is asked once for five hundred jobs, and accounts once for all that are gone", () => {
    const { asked, told } = played(2000, (world) => {
      world.sacct = () => ok();
      for (let job = 0; job < 500; job += 1) world.play(world.request({ name: `tst-${job}` }));
      world.at(600, () => world.jobs.splice(0));
      world.at(700, () => {
        world.sacct = () => OFF;
      });
    });
    expect(told.filter((word) => word.includes("pending"))).toHaveLength(500);
    expect(asked.squeue.length).toBeLessThan(2000 / 60 + 10);
    expect(asked.sacct.length).toBeLessThan(asked.squeue.length);
    const [first = []] = asked.sacct;
    expect(first[first.indexOf("-j") + 1]?.split(",")).toHaveLength(500);
  });

  it("of one cluster holds up nobody in another", () => {
    const { told } = played(5000, (world) => {
      world.sbatch = (number) => (number === 1 ? { stdout: "101;there\n" } : {});
      world.squeue = (words) => (words.includes("there") ? AWAY : "queue");
      world.play();
      world.at(5, () => world.play());
      world.at(100, () => {
        for (const job of world.jobs) job.state = "COMPLETED";
      });
    });
    expect(told).toContain("140 succeeded");
    // Of the other one, nothing is known, and nothing is concluded.
    expect(told.join()).not.toContain("lost");
  });
});

describe("a word of the queue", () => {
  it.each(["REVOKED", "SOMETHING_NEW", "?"])("%s that is not known decides nothing", (state) => {
    const { told } = story((world, job) => {
      world.at(30, () => {
        job().state = state;
      });
      world.at(900, () => {
        job().state = "COMPLETED";
      });
    });
    expect(told).toEqual(shown(expect.stringMatching(/^9\d\d succeeded$/) as string));
  });

  it("that it is completing may be followed by any other", () => {
    const { told } = story((world, job) => {
      for (const [at, state] of [
        [30, "RUNNING"],
        [90, "COMPLETING"],
        [150, "PENDING"],
        [400, "RUNNING"],
        [500, "COMPLETED"],
      ] as const)
        world.at(at, () => {
          job().state = state;
        });
    });
    expect(told.map((word) => word.replace(/^\d+ /, ""))).toEqual([
      ...["job 101", "pending", "running", "pending", "running", "succeeded"],
    ]);
  });

  it("that it is completing for ten minutes gives way to what its guard has written down", () => {
    const { told } = story((world, job) => {
      world.at(30, () => {
        world.begin("1.job-1", "101");
        job().state = "COMPLETING";
      });
      world.at(200, () => world.end("1.job-1", "101", 3));
    });
    expect(told.at(-1)).toMatch(/^6\d\d failed 3$/);
  });

  it("that it is held, or can never start, is told after a few looks, and what comes of it", () => {
    const { told } = story((world, job) => {
      world.at(1, () => {
        job().reason = "JobHeldUser";
      });
      world.at(300, () => {
        job().reason = "PartitionTimeLimit";
      });
      world.at(800, () => {
        job().reason = "Priority";
      });
    });
    expect(told.map((word) => word.replace(/^\d+ /, ""))).toEqual([
      ...["job 101", "pending", "held", "pending", "blocked", "pending"],
    ]);
  });
});

describe("an end", () => {
  it.each([
    ["OUT_OF_MEMORY", 0, "", "out_of_memory"],
    // A script may trap what tells it to end, and end as if all were well.
    ["TIMEOUT", 0, "signalled", "timeout"],
    ["NODE_FAIL", 0, "signalled", "node_failure"],
    ["PREEMPTED", 0, "signalled", "preempted"],
    // One that slurmctld has taken for running long after.
    ["TIMEOUT", 0, "", "succeeded"],
    ["CANCELLED", 0, "", "succeeded"],
    ["DEADLINE", 1, "", "deadline"],
    ["FAILED", 137, "", "failed SIGKILL"],
    ["COMPLETED", 0, "", "succeeded"],
  ] as const)("by %s where the guard says %i %s is %s", (state, status, signalled, end) => {
    const { told } = story((world, job) =>
      world.at(30, () => {
        world.begin("1.job-1", "101");
        world.end("1.job-1", "101", status, signalled || undefined);
        job().state = state;
      }),
    );
    expect(told.at(-1)).toBe(`80 ${end}`);
  });

  it("whose marker is late is waited for", () => {
    const { told } = story((world, job) => {
      world.at(30, () => {
        world.begin("1.job-1", "101");
        job().state = "FAILED";
      });
      world.at(90, () => world.end("1.job-1", "101", 9));
    });
    expect(told.at(-1)).toBe("100 failed 9");
  });

  it("of which accounts do not know yet is no exit status of 0", () => {
    const { told } = story(
      (world, job) =>
        world.at(30, () => {
          job().state = "FAILED";
        }),
      { script: "job.py", account: { id: "101", state: "RUNNING" } },
    );
    expect(told.at(-1)).toMatch(/ failed$/);
  });

  it.each([
    ["FAILED", "2:0", "failed 2"],
    ["FAILED", "0:53", "not_started"],
    ["FAILED", "0:11", "failed SIGSEGV"],
    ["CANCELLED by 99999", "0:15", "cancelled_by_system"],
    ["PREEMPTED", "0:0", "preempted"],
    ["OUT_OF_MEMORY", "0:125", "out_of_memory"],
  ])("that only accounts know: %s %s is %s", (state, exit, end) => {
    const { told } = story((world) => gone(world), { account: { id: "101", state, exit }, script: "job.py" });
    expect(told.at(-1)?.replace(/^\d+ /, "")).toBe(end);
  });
});
