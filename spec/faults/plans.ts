/** Small ensembles that together use every feature of the stream. */
import type { Batch, Ensemble } from "../../lib/plan/plan.js";
import { batchOf, planOf } from "../support/virtual.js";
import type { JobLocation } from "./effects.js";
import { check, execute, ignored, jobs, move, quota, remove, submit } from "./words.js";

export interface Reference {
  readonly name: string;
  readonly plan: Ensemble;
  readonly where?: JobLocation;
  readonly limit?: number;
  /** Whether the plan is small enough to try all pairs of crash points. */
  readonly pairs?: boolean;
}

/** A batch whose runs have no job unless `job_file` is given. */
const batch = ({ job_file, ...over }: Parameters<typeof batchOf>[0] & object): Batch => {
  const { job_file: _, ...made } = batchOf({ runs: 1, ...over });
  return { ...made, ...(job_file !== undefined && { job_file }) };
};

export const REFERENCES: readonly Reference[] = [
  { name: "one job", plan: planOf([batch({ job_file: "job" })]), pairs: true },
  {
    name: "a command before and after a job",
    plan: planOf([batch({ job_file: "job", pre_run: [execute("make")], post_run: [execute("keep")] })]),
    pairs: true,
  },
  {
    name: "every kind of task",
    plan: planOf([
      batch({
        runs: 2,
        pre_run: [check("polls:2"), jobs, quota, execute("make")],
        post_run: [submit("extra"), move, remove],
      }),
    ]),
  },
  {
    name: "jobs that wait for a slot",
    plan: planOf([batch({ runs: 3, maxruns: 2, maxjobs: 1, job_file: "job" })]),
    where: "elsewhere",
  },
  {
    name: "submit tasks everywhere",
    plan: planOf([batch({ pre_batch: [submit("a")], post_run: [submit("b")], post_batch: [submit("c")] })], {
      pre_process: [submit("d")],
      post_process: [submit("e")],
    }),
    limit: 3000,
  },
  {
    name: "a loop that its post_batch ends",
    plan: planOf([
      batch({
        ...{ runs: 2, repeat: true, job_file: "job", pre_batch: [execute("begin")] },
        post_batch: [execute("gather"), check("until:2", true)],
      }),
    ]),
  },
  {
    name: "a batch after another",
    plan: planOf([
      batch({ name: "a", pre_batch: [execute("begin")], post_run: [execute("keep")] }),
      batch({ name: "b", after: ["a"], job_file: "job", post_batch: [execute("end")] }),
    ]),
    limit: 3000,
  },
  {
    name: "tasks after jobs that fail",
    plan: planOf([
      batch({
        ...{ runs: 2, job_file: "job fails:b-1", post_run_on_failure: true },
        post_run: [execute("keep"), execute("tidy fails:b-1")],
      }),
    ]),
    where: "elsewhere",
  },
  {
    name: "runs that fail in every way",
    plan: planOf([
      batch({
        ...{ runs: 4, maxruns: 4, maxjobs: 4, job_file: "job fails:b-2" },
        pre_run: [execute("make fails:b-0"), check("refuses:b-1", true)],
        post_run: [execute("keep fails:b-3")],
      }),
    ]),
  },
  {
    name: "tasks before and after everything",
    plan: planOf([batch({ post_batch: [execute("end")] })], {
      pre_process: [execute("fetch")],
      post_process: [execute("publish")],
    }),
    pairs: true,
  },
  {
    name: "a batch that fails beside one that succeeds",
    plan: planOf([
      batch({ name: "a", pre_batch: [execute("begin fails")], job_file: "job" }),
      batch({ name: "b", post_run: [move], post_batch: [execute("end fails")] }),
    ]),
    pairs: true,
  },
  {
    name: "a loop whose post_run checks end it, or send runs into its next cycle",
    plan: planOf([
      batch({
        ...{ runs: 2, repeat: true, job_file: "job", pre_batch: [check("until:3", true)] },
        post_run: [check("refuses:b-1", true), check("from:2", true), execute("keep")],
      }),
    ]),
    limit: 3000,
  },
  {
    name: "commands whose failure is ignored",
    plan: planOf(
      [
        batch({
          ...{ job_file: "job", pre_batch: [ignored("begin fails")], post_batch: [ignored("gather fails")] },
          ...{ pre_run: [ignored("make fails"), execute("check")], post_run: [ignored("keep fails"), move] },
        }),
      ],
      { pre_process: [ignored("fetch fails")], post_process: [ignored("publish fails"), execute("mail")] },
    ),
  },
  {
    name: "a loop with runs that are skipped",
    plan: planOf([
      batch({
        ...{ runs: 2, repeat: true, job_file: "job", pre_batch: [check("until:3", true)] },
        pre_run: [check("refuses:b-0", true), execute("make", true)],
      }),
    ]),
    where: "elsewhere",
    limit: 3000,
  },
];
