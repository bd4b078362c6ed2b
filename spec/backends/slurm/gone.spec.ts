/** A job of which the queue tells less than it should: it is gone, or in parts, or not to be known by its comment. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { accountRows, config, gone, markOf, no, played, story, type World } from "./stand-in.js";

describe("a job that is gone", () => {
  it("though accounting calls it running is lost after a while, and not run again", () => {
    const { told } = story((world) => gone(world), { account: { id: "101", state: "RUNNING" } });
    expect(told.at(-1)).toMatch(/^7\d\d lost$/);
  });

  it("though accounting calls it pending is never handed over anew", () => {
    const { told } = story(
      (world) => {
        world.play(world.request());
        world.at(30, () => world.begin("1.job-2", "102"));
        gone(world);
      },
      { account: { id: "101", state: "PENDING" } },
    );
    expect(told.join()).toContain(" lost");
    expect(told.join()).not.toContain("vanished");
  });

  it("and was never begun is fenced off, and may be handed over anew, if nodes are known to leave traces", () => {
    const { told } = story((world) => {
      world.play(world.request());
      world.at(30, () => {
        world.begin("1.job-2", "102");
        world.end("1.job-2", "102", 0);
        const [, other] = world.jobs;
        if (other !== undefined) other.state = "COMPLETED";
      });
      gone(world);
    });
    expect(told.at(-1)).toMatch(/ vanished$/);
  });

  it("and was never begun may be handed over anew, too, where its node could leave a trace if it could work", () => {
    expect(story((world) => gone(world)).told.at(-1)).toMatch(/ vanished$/);
  });

  it("and of which nobody is known to leave traces is lost", () => {
    // A file system of its own.
    const directory = mkdtempSync("/dev/shm/run-");
    onTestFinished(() => rmSync(directory, { recursive: true }));
    writeFileSync(join(directory, "job.sh"), "#!/bin/sh\n");
    const { told } = played(3000, (world) => {
      world.play(world.request({ directory }));
      gone(world);
    });
    expect(told.at(-1)).toMatch(/ lost$/);
  });

  it("is waited for three times as long where accounting does not answer, which is asked less and less", () => {
    const { told, asked } = story(
      (world) => {
        world.sacct = () => no("sacct: error: Problem talking to the database: Connection refused\n");
        gone(world);
      },
      { script: "job.py" },
    );
    expect(told.at(-1)).toMatch(/^(19|20)\d\d lost$/);
    expect(asked.sacct.length).toBeLessThan(12);
  });

  it("is no other that has its id by now", () => {
    const { told } = story(
      (world, job) => {
        world.at(100, () => {
          Object.assign(job(), { comment: "me:other.1", state: "COMPLETED", submitted: "2026-01-02T00:00:00" });
        });
      },
      { script: "job.py" },
    );
    expect(told.at(-1)).toMatch(/ lost$/);
  });

  it("is not told the end of another with its id where accounts keep no marks", () => {
    const { told } = story(
      (world) => {
        gone(world);
        world.sacct = () => accountRows({ id: "101", state: "COMPLETED", submitted: "2026-01-02T00:00:00" });
      },
      { script: "job.py" },
    );
    expect(told.at(-1)).toMatch(/ lost$/);
  });
});

describe("a site that puts comments of its own in the place of ours", () => {
  it("has its jobs watched all the same", () => {
    const { told } = played(6000, (world) => {
      world.sbatch = () => ({ stdout: "101\n" });
      const job = { id: "101", state: "RUNNING", comment: "project=x" };
      world.jobs.push(job);
      world.play();
      world.at(5000, () => {
        job.state = "COMPLETED";
      });
    });
    expect(told.at(-1)).toMatch(/^50\d\d succeeded$/);
  });

  it("has those of an earlier start watched as well, by who has begun the work", () => {
    const { told } = played(6000, (world) => {
      world.jobs.push({ id: "55", state: "RUNNING", comment: "project=x" });
      world.begin("1.job-1", "55");
      world.hear(world.backend.adopt$(world.request(), { id: "55", boot: "b" }));
      world.hear(world.backend.watch$("55"));
      world.at(5000, () => {
        for (const job of world.jobs) job.state = "COMPLETED";
      });
    });
    expect(told.slice(0, 2)).toEqual(["0 job 55", "0 running"]);
    expect(told.at(-1)).toMatch(/^50\d\d succeeded$/);
  });

  it("has those of an earlier start watched as well, by what accounts know of their command line", () => {
    const { told } = played(6000, (world) => {
      const request = world.request();
      const line = `sbatch --comment=me:${markOf(world, "1.job-1")} job.sh`;
      world.sacct = () => accountRows({ id: "55", state: "RUNNING", line });
      world.jobs.push({ id: "55", state: "RUNNING", comment: "project=x" });
      world.hear(world.backend.adopt$(request, { id: "55", boot: "b" }));
      world.hear(world.backend.watch$("55"));
      world.at(5000, () => {
        for (const job of world.jobs) job.state = "COMPLETED";
      });
    });
    expect(told.at(-1)).toMatch(/^50\d\d succeeded$/);
  });
});

describe("an array", () => {
  const tasks = (world: World, ...states: readonly string[]) => {
    const comment = `me:${markOf(world, "1.job-1")}`;
    const rows = states.map((state, index) => ({ id: `101_${index}`, raw: String(200 + index), state, comment }));
    world.jobs.splice(0, world.jobs.length, ...rows);
  };

  it("has failed where a task has, though the queue has forgotten that by the end", () => {
    const { told } = story((world) => {
      world.at(30, () => tasks(world, "RUNNING", "OUT_OF_MEMORY", "PENDING"));
      world.at(500, () => tasks(world, "COMPLETED"));
    });
    expect(told.at(-1)).toMatch(/^5\d\d out_of_memory$/);
  });

  it("has failed where accounts know of a task that has, and nobody looked at the time", () => {
    const { told } = story(
      (world) => {
        world.at(30, () => tasks(world, "RUNNING"));
        world.at(500, () => tasks(world, "COMPLETED"));
      },
      { account: { id: "101_1", state: "TIMEOUT" } },
    );
    expect(told.at(-1)).toMatch(/^5\d\d timeout$/);
  });

  it("has not ended while a task waits and another is stuck at its end", () => {
    const { told } = story(
      (world) => {
        world.at(30, () => {
          tasks(world, "COMPLETING", "PENDING");
          world.begin("1.job-1", "101");
          world.end("1.job-1", "101", 0);
        });
      },
      { seconds: 2000 },
    );
    expect(told.join()).not.toMatch(/succeeded|failed|lost/);
  });
});

describe("a site", () => {
  it("that does not say how it is set up is asked again", () => {
    let asked = 0;
    const { told } = played(400, (world) => {
      world.sbatch = () => ({
        status: 1,
        stdout: "",
        stderr: "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation\n",
      });
      world.scontrol = () => (++asked <= 2 ? no("slurm_load_ctl_conf error") : config({ MinJobAge: "1 sec" }));
      world.play(world.request({ script: "job.py" }));
    });
    expect(told.at(-1)).toBe("120 lost");
    expect(asked).toBe(3);
  });

  it("without accounts is asked for them once", () => {
    const { asked } = story((world) => gone(world));
    expect(asked.sacct).toHaveLength(1);
  });

  it("that says so is never asked for them", () => {
    const { asked } = story((world) => {
      world.scontrol = () => config({ AccountingStorageType: "accounting_storage/none" });
      gone(world);
    });
    expect(asked.sacct).toHaveLength(0);
  });
});
