/** Polls for which a dialect needs several queries, or whose answers are not whole. */
import { asyncScheduler, map, of, takeUntil, timer } from "rxjs";
import { expect, it } from "vitest";
import { SLURM } from "../../../lib/backends/slurm/dialect.js";
import type { QueueRow } from "../../../lib/scheduler/answers.js";
import type { Dialect } from "../../../lib/scheduler/dialect.js";
import { openPoller } from "../../../lib/scheduler/poll/poller.js";
import type { ExecResult } from "../../../lib/system/processes/exec.js";
import { subscribe, virtual } from "../../support/virtual.js";
import { simulateJob } from "../simulated-jobs.js";
import { fails, prints } from "../slurm-answers.js";

const rowOf = (base: string, mark: string): QueueRow => ({
  ...{ base, part: false, state: "R", reason: "", submitted: "", name: `tst-${base}`, mark },
  meaning: { is: "live", state: "running" },
});

/** `list` prints the ids of all jobs, and `marks ID…` prints `ID MARK` for each; an answer ends with a line `end`. */
const TWO_QUERIES: Pick<Dialect, "programs" | "queueArguments" | "queueRows"> = {
  programs: { submit: "submit", queue: "jobs", cancel: "cancel" },
  queueArguments: ({ cluster }, answers) => {
    const where = cluster === undefined ? [] : ["@", cluster];
    if (answers.length === 0) return ["list", ...where];
    const [ids = ""] = answers;
    if (answers.length > 1 || ids === "end\n") return undefined;
    return ["marks", ...ids.split("\n").slice(0, -2), ...where];
  },
  queueRows: (answers) => {
    if (answers.some((text) => !text.endsWith("end\n"))) return undefined;
    const [, marks = "end\n"] = answers;
    return marks
      .split("\n")
      .slice(0, -2)
      .map((line) => rowOf(...(line.split(" ") as [string, string])));
  },
};

/** Polls for so many seconds. Returns each query with its second, the marks in each snapshot, and the notices. */
const pollFor = (
  seconds: number,
  answer: (words: readonly string[]) => ExecResult,
  { takes_s = 0, clusters = [] as readonly string[] } = {},
) => {
  const [queries, snapshots, notices]: [string[], (readonly string[])[], string[]] = [[], [], []];
  const now = () => Math.round(asyncScheduler.now() / 1000);
  virtual().run(({ flush }) => {
    const end$ = timer(seconds * 1000);
    const poller = openPoller({
      dialect: TWO_QUERIES,
      run: (words) => {
        queries.push(`${now()} ${words.join(" ")}`);
        return timer(takes_s * 1000).pipe(map(() => answer(words)));
      },
      accounting: { of$: () => of("off"), all$: () => of("off") },
      owner: { uid: 1, user: "me" },
      pace: { every: 60, after_failure: 120 },
      clusters: () => clusters,
    });
    subscribe(poller.notice$.pipe(takeUntil(end$)), (notice) => {
      notices.push(notice.type === "backend.answered" ? notice.type : notice.message);
    });
    subscribe(poller.snapshot$.pipe(takeUntil(end$)), ({ marks, jobs }) => {
      snapshots.push([...marks].map(([mark, job]) => `${mark} ${job} ${String(jobs.get(job)?.length)}`));
    });
    flush();
  });
  return { queries, snapshots, notices };
};

const both = ([query]: readonly string[]) => prints(query === "list" ? "7\n8\nend\n" : "7 a.1\n8 a.2\nend\n");

it("one poll makes as many queries as the dialect needs, each with the answers before it", () => {
  const { queries, snapshots, notices } = pollFor(100, both);
  expect(queries).toEqual(["0 list", "0 marks 7 8", "60 list", "60 marks 7 8"]);
  expect(snapshots).toEqual([
    ["a.1 7 1", "a.2 8 1"],
    ["a.1 7 1", "a.2 8 1"],
  ]);
  expect(notices).toEqual([]);
});

it("a poll makes no second query if the dialect needs none", () => {
  const { queries, snapshots } = pollFor(30, () => prints("end\n"));
  expect([queries, snapshots]).toEqual([["0 list"], [[]]]);
});

it("a poll fails with its first query, and makes no second one", () => {
  const { queries, snapshots, notices } = pollFor(100, () => fails("jobs: the server is away\n"));
  expect([queries, snapshots]).toEqual([["0 list"], []]);
  expect(notices).toEqual([
    "jobs: the server is away; the program concludes nothing from that and asks again in 120 s",
  ]);
});

it("a poll fails with its second query, and nothing is read from the first", () => {
  const { queries, snapshots, notices } = pollFor(200, ([query]) =>
    query === "list" ? prints("7\nend\n") : fails("jobs: the server is away\n"),
  );
  expect(queries).toEqual(["0 list", "0 marks 7", "120 list", "120 marks 7"]);
  expect(snapshots).toEqual([]);
  expect(notices).toHaveLength(1);
});

it("a poll fails where an answer is not whole, and the next whole one ends the silence", () => {
  let whole = false;
  const { queries, snapshots, notices } = pollFor(200, ([query]) => {
    if (query === "list") return prints("7\nend\n");
    const answer = prints(whole ? "7 a.1\nend\n" : "7 a.1\n");
    whole = true;
    return answer;
  });
  expect(queries).toEqual(["0 list", "0 marks 7", "120 list", "120 marks 7", "180 list", "180 marks 7"]);
  expect(snapshots).toEqual([["a.1 7 1"], ["a.1 7 1"]]);
  expect(notices).toEqual([
    "jobs: an answer that is not whole; the program concludes nothing from that and asks again in 120 s",
    "backend.answered",
  ]);
});

it("the queries of one poll together are overdue after 30 s", () => {
  const { queries, notices } = pollFor(35, both, { takes_s: 20 });
  expect(queries).toEqual(["0 list", "20 marks 7 8"]);
  expect(notices).toEqual(["jobs: no answer for 30 s; the program waits for one"]);
});

it("each cluster is asked all queries, and an answer that is not whole silences its own cluster alone", () => {
  const there = ([query]: readonly string[]) => prints(query === "list" ? "9\nend\n" : "9 b.1\n");
  const answer = (words: readonly string[]) => (words.includes("there") ? there(words) : both(words));
  const { queries, snapshots, notices } = pollFor(30, answer, { clusters: ["there"] });
  expect(queries).toEqual(["0 list", "0 list @ there", "0 marks 7 8", "0 marks 9 @ there"]);
  expect(snapshots).toEqual([["a.1 7 1", "a.2 8 1"]]);
  expect(notices).toEqual([expect.stringContaining("jobs for the cluster there: an answer that is not whole")]);
});

it("a job is not missing where no answer of the queue is whole, for however long", () => {
  let whole = true;
  const dialect: Dialect = { ...SLURM, queueRows: (answers) => (whole ? SLURM.queueRows(answers) : undefined) };
  const { reports } = simulateJob(
    (slurm, job) => {
      slurm.at(30, () => {
        whole = false;
      });
      slurm.at(2000, () => {
        whole = true;
        job().state = "COMPLETED";
      });
    },
    { dialect },
  );
  expect(reports).toEqual(["0 job 101", "0 pending", "80 backend.silent", "2120 backend.answered", "2120 succeeded"]);
});
