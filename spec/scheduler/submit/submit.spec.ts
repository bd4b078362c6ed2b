/** Handing over, at most once: whatever sbatch says, or does not say. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bootId } from "../../../lib/system/processes/process-identity.js";
import { accountRows, config, markOf, no, played, type Sbatch, type World } from "../../backends/slurm/stand-in.js";

const TIMED_OUT = {
  status: 1,
  stdout: "",
  stderr: "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation\n",
};
const CONNECT = {
  status: 1,
  stdout: "",
  stderr: "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)\n",
};
const LIMIT = {
  status: 1,
  stdout: "",
  stderr:
    "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)\n",
};

/** One that is handed over, and what is told of it. */
const told = (seconds: number, sbatch: World["sbatch"], act: (world: World) => void = () => undefined) => {
  const world = played(seconds, (made) => {
    made.sbatch = sbatch;
    act(made);
    made.play(made.request());
  });
  return { ...world, told: world.told };
};

describe("an sbatch", () => {
  it.each<[how: string, sbatch: Sbatch]>([
    [
      "with a banner of the site around its id",
      { stdout: "Welcome!\n101\nYou have used 3 % of your hours.\n", lands_s: 0 },
    ],
    [
      "that has something to complain of",
      {
        stdout: "101\n",
        stderr: "sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying\n",
        lands_s: 0,
      },
    ],
    ["whose wrapper ends with 1 after all", { status: 1, stdout: "101\n", lands_s: 0 }],
    ["that speaks in a sentence", { stdout: "Submitted batch job 101\n", lands_s: 0 }],
    ["that names this cluster", { stdout: "101;here\n", lands_s: 0 }],
    [
      "that goes on until its job has ended, and has told its id",
      { stdout: "101\n", early: true, takes_s: 5000, lands_s: 0 },
    ],
  ])("%s has handed it over", (_, sbatch) => {
    const { told: heard, asked } = told(100, () => sbatch);
    expect(heard.slice(0, 2)).toEqual([expect.stringMatching(/^[02] job 101$/), expect.stringMatching(/ pending$/)]);
    expect(asked.sbatch).toHaveLength(1);
  });

  it("that times out is not made again: its job is looked for, and found when it comes", () => {
    const { told: heard, asked } = told(300, () => ({ ...TIMED_OUT, takes_s: 10, lands_s: 65 }));
    expect(heard).toEqual(["10 waits", "70 job 101", "70 pending"]);
    expect(asked.sbatch).toEqual([0]);
  });

  it("whose job has come and gone meanwhile is found in the accounts", () => {
    const { told: heard } = told(
      400,
      () => TIMED_OUT,
      (world) => {
        world.scontrol = () => config({ MinJobAge: "2 sec" });
        world.sacct = () =>
          accountRows({
            id: "101",
            state: "COMPLETED",
            line: `sbatch --comment=me:${markOf(world, "1.job-1")} job.sh`,
          });
      },
    );
    expect(heard.slice(0, 2)).toEqual(["0 waits", "120 job 101"]);
    expect(heard.at(-1)).toMatch(/ succeeded$/);
  });

  it("whose job was begun meanwhile is known by its guard", () => {
    const { told: heard } = told(
      300,
      () => TIMED_OUT,
      (world) => world.at(30, () => world.begin("1.job-1", "101")),
    );
    expect(heard.slice(0, 2)).toEqual(["0 waits", "40 job 101"]);
  });

  it("without a job is certain to have none after two minutes, and what comes later is fenced off", () => {
    const { told: heard, claims, asked } = told(300, () => TIMED_OUT);
    expect(heard).toEqual(["0 waits"]);
    expect(asked.squeue.filter((at) => at <= 120)).toHaveLength(7);
    expect(readdirSync(claims.path(markOf({ claims }, "1.job-1")))).toContain("claim");
  });

  it("is fenced off as well where nobody could have seen it: its guard is enough", () => {
    const { told: heard, claims } = told(
      300,
      () => TIMED_OUT,
      (world) => {
        world.scontrol = () => config({ MinJobAge: "2 sec" });
      },
    );
    expect(heard).toEqual(["0 waits"]);
    expect(readdirSync(claims.path(markOf({ claims }, "1.job-1")))).toContain("claim");
  });

  it("waits for as long as the site's own patience is, if that is longer", () => {
    const { claims } = told(
      190,
      () => TIMED_OUT,
      (world) => {
        world.scontrol = () => config({ MessageTimeout: "100 sec" });
      },
    );
    expect(readdirSync(claims.path(markOf({ claims }, "1.job-1")))).not.toContain("claim");
  });

  it("is looked for after ten minutes if it does not come to an end", () => {
    const { told: heard } = told(800, () => ({ ...TIMED_OUT, takes_s: 9999, lands_s: 650 }));
    expect(heard).toEqual(["30 waits", "600 waits", "660 job 101", "660 pending"]);
  });

  it("that ends well, tells no id and has no job is taken at its word the second time", () => {
    const silent = { stdout: "sbatch: Job 12 to start at noon\n" };
    const world = played(900, (made) => {
      made.sbatch = () => silent;
      made.play();
      made.at(300, () => made.play());
    });
    expect(world.told).toEqual(["0 waits", "300 waits", "420 not_started"]);
  });

  it("waits for room where none is left to write down that it is begun", () => {
    const { told: heard, asked } = told(100, (number) => (number < 4 ? { full: true } : {}));
    expect(heard).toEqual(["0 waits", "20 waits", "40 waits", "60 job 104", "60 pending"]);
    expect(asked.sbatch).toEqual([0, 20, 40, 60]);
  });

  it("that Slurm refuses is told in its words at once", () => {
    const { told: heard } = told(10, () => ({
      ...{ status: 1, stdout: "" },
      stderr: "sbatch: error: Batch job submission failed: Invalid partition name specified\n",
    }));
    expect(heard).toEqual(["0 not_started"]);
  });
});

describe("a job without a guard", () => {
  const unguarded = (act: (world: World) => void) =>
    played(9000, (made) => {
      made.sbatch = () => TIMED_OUT;
      act(made);
      made.play(made.request({ script: "job.py" }));
    });

  it("is lost where it may have come and gone, and nobody would know", () => {
    const { told: heard, asked } = unguarded((made) => {
      made.scontrol = () => config({ MinJobAge: "10 sec" });
    });
    expect(heard).toEqual(["0 waits", "120 lost"]);
    expect(asked.sbatch).toEqual([0]);
  });

  it("is certain not to be there where it would have been seen", () => {
    expect(unguarded(() => undefined).told).toEqual(["0 waits"]);
  });

  it("is lost where its sbatch hangs, and may hand it over at any time", () => {
    const { told: heard, asked } = unguarded((made) => {
      made.sbatch = () => ({ ...TIMED_OUT, takes_s: 99_999 });
    });
    expect(heard).toEqual(["30 waits", "600 waits", "720 lost"]);
    expect(asked.sbatch).toEqual([0]);
  });

  it("is lost after Slurm was away for longer than its queue remembers", () => {
    const { told: heard } = unguarded((made) => {
      made.squeue = () => no("squeue: error: Unable to contact slurm controller");
      made.at(500, () => {
        made.squeue = () => "queue";
      });
    });
    expect(heard.at(-1)).toMatch(/ lost$/);
  });

  it("is waited for while accounting does not answer, for an hour", () => {
    const { told: heard } = unguarded((made) => {
      made.scontrol = () => config({ MinJobAge: "10 sec" });
      made.sacct = () => no("sacct: error: Problem talking to the database");
    });
    expect(heard).toEqual(["0 waits", expect.stringMatching(/^36\d\d lost$/)]);
  });
});

describe("back-pressure", () => {
  it("lets the next try wait, twice as long each time, and all others with it", () => {
    const { asked, told: heard } = told(
      5000,
      () => LIMIT,
      (world) => {
        world.at(30, () => world.play());
        world.at(31, () => world.play());
      },
    );
    // One, then the two at once that may, and no more.
    expect(asked.sbatch.slice(0, 5)).toEqual([0, 20, 60, 60, 140]);
    expect(asked.sbatch.length).toBeLessThan(25);
    expect(heard.some((word) => /succeeded|lost|not_started/.test(word))).toBe(false);
  });

  it("ends with the first that is taken", () => {
    const { asked } = told(
      200,
      (number) => (number <= 3 ? LIMIT : {}),
      (world) => {
        for (let more = 0; more < 4; more += 1) world.at(65, () => world.play());
      },
    );
    expect(asked.sbatch).toEqual([0, 20, 60, 140, 140, 140, 140, 140]);
  });

  it("ends with the first job that does", () => {
    const { asked } = told(
      300,
      (number) => (number === 2 ? LIMIT : {}),
      (world) => {
        world.at(1, () => world.play());
        world.at(5, () => {
          for (const job of world.jobs) job.state = "COMPLETED";
        });
      },
    );
    expect(asked.sbatch).toEqual([0, 1, 20]);
  });

  it("is what a Slurm that is away, or does not answer, is met with as well", () => {
    expect(told(100, () => CONNECT).asked.sbatch).toEqual([0, 20, 60]);
    const { asked } = told(
      100,
      () => TIMED_OUT,
      (world) => {
        for (let more = 0; more < 10; more += 1) world.at(1, () => world.play());
      },
    );
    expect(asked.sbatch).toEqual([0, 20, 20, 60, 60]);
  });
});

describe("what an earlier start has handed over", () => {
  const adopted = (seconds: number, act: (world: World) => void, id?: string) =>
    played(seconds, (made) => {
      const request = made.request();
      act(made);
      made.hear(made.backend.adopt$(request, { boot: bootId(), ...(id !== undefined && { id }) }));
    });
  const placeOf = ({ claims }: World) => claims.path(markOf({ claims }, "1.job-1"));
  const left = (world: World, files: Readonly<Record<string, string>>) => {
    mkdirSync(placeOf(world), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(placeOf(world), name), text);
  };

  it("is known by its id", () => {
    expect(adopted(10, () => undefined, "7").told).toEqual(["0 job 7"]);
  });

  it("is known by what sbatch has said to nobody", () => {
    const world = adopted(10, (made) => left(made, { "sbatch.1": "1 boot stat\nended 0\n", "out.1": "55\n" }));
    expect(world.told).toEqual(["0 job 55"]);
  });

  it("was not, where sbatch was never begun; and it never will be", () => {
    const world = adopted(10, () => undefined);
    expect(world.told).toEqual([]);
    expect(readFileSync(join(placeOf(world), "sbatch.1"), "utf8")).toBe("taken\n");
  });

  it("is looked for where sbatch was cut off", () => {
    const world = adopted(500, (made) => {
      left(made, { "sbatch.1": "1 boot stat\n" });
      made.at(30, () => void made.jobs.push({ id: "9", state: "RUNNING", comment: `me:${markOf(made, "1.job-1")}` }));
    });
    expect(world.told).toEqual(["0 waits", "40 job 9"]);
  });

  it("is not there where the last of its tries was refused for now", () => {
    const world = adopted(500, (made) =>
      left(made, { "sbatch.1": "1 boot stat\nended 1\n", "out.1": "", "err.1": LIMIT.stderr }),
    );
    expect(world.told).toEqual([]);
    expect(readFileSync(join(placeOf(world), "sbatch.2"), "utf8")).toBe("taken\n");
  });
});
