/** Specs of the sentence for each event, and of its level. */
import { describe, expect, it } from "vitest";
import { sentence } from "../../../cli/views/sentences.js";
import type { Fact, Failure } from "../../../lib/index.js";
import { stamped } from "../../support/story.js";

const here = { batch: "b", run: "b-0", cycle: 1, attempt: 1 };
const job = { job: "7", ...here };
const batch = { type: "batch.finished", batch: "b", cycles: 1, elapsed_s: 2 } as const;
const mkdirFailed: Failure = { reason: "command", command: "mkdir o", output: "", status: 1, signal: null };
const task = { task: "pre_run[0]", name: "submit", ...here };

const textOf = (fact: Fact) => {
  const { level, text } = sentence(stamped(fact, 0, 0));
  return `${level}: ${text}`;
};

const CASES: readonly (readonly [text: string, fact: Fact])[] = [
  ["detail: b-0 waits for a free job slot (maxjobs)", { type: "run.waiting", because: "maxjobs", ...here }],
  [
    "warning: b-0 waits for this machine: too many processes",
    { type: "run.waiting", because: "machine", message: "too many processes", ...here },
  ],
  [
    "warning: b-0 waits for storage: disk full",
    { type: "run.waiting", because: "storage", message: "disk full", ...here },
  ],
  [
    "info: b-0 waits for the scheduler: it is busy",
    { type: "run.waiting", because: "scheduler", message: "it is busy", ...here },
  ],
  [
    "info: b-0 waits for the scheduler: it does not accept the job",
    { type: "run.waiting", because: "scheduler", ...here },
  ],
  ["info: b-0: pre_run[0] submit waits: it is busy", { type: "task.waiting", message: "it is busy", ...task }],
  ["detail: b-0: job 7 is pending", { type: "job.changed", state: "pending", ...job }],
  ["detail: b-0: job 7 is pending (Priority)", { type: "job.changed", state: "pending", reason: "Priority", ...job }],
  [
    "warning: b-0: job 7 is held (JobHeldUser): `scontrol release 7`",
    { type: "job.changed", state: "held", reason: "JobHeldUser", message: "`scontrol release 7`", ...job },
  ],
  [
    "warning: b-0: job 7 is blocked: no such node",
    { type: "job.changed", state: "blocked", message: "no such node", ...job },
  ],
  [
    "warning: b-0: job 7 vanished before it started; submitting it again; squeue: unknown; sacct: none",
    { type: "job.vanished", evidence: { squeue: "unknown", sacct: "none" }, ...job },
  ],
  ["detail: b-0: job 7 succeeded after 2 s", { type: "job.finished", ok: true, elapsed_s: 2, ...job }],
  [
    "detail: b-0: job 7 failed after 2 s; squeue: FAILED NonZeroExitCode; marker: 7",
    {
      ...{ type: "job.finished", ok: false, failure: { reason: "job", cause: "failed" }, elapsed_s: 2, ...job },
      evidence: { squeue: "FAILED NonZeroExitCode", marker: "7" },
    },
  ],
  [
    "warning: b-0: pre_run[0] execute failed, and what follows goes on: `mkdir o` ended with exit status 1",
    { type: "task.finished", ...task, name: "execute", ok: false, failure: mkdirFailed, ignored: true, elapsed_s: 1 },
  ],
  [
    "detail: b-0: pre_run[0] execute failed; `ignore_failure: true` in its `args`, or `--compat python` for all, lets what follows go on",
    { type: "task.finished", ...task, name: "execute", ok: false, failure: mkdirFailed, elapsed_s: 1 },
  ],
  [
    "detail: b-0: pre_run[0] move failed",
    { type: "task.finished", ...task, name: "move", ok: false, failure: mkdirFailed, elapsed_s: 1 },
  ],
  [
    "error: b failed in 2 s: 1 succeeded, 3 failed, 2 skipped",
    { ...batch, ok: true, succeeded: 1, failed: 3, skipped: 2 },
  ],
  ["info: b succeeded in 2 s", { ...batch, ok: true, succeeded: 1, failed: 0, skipped: 2 }],
  [
    "error: b failed in 2 s: post_batch[0]: timed out after 1 s",
    { ...batch, ok: false, failed: 3, failure: { reason: "timeout", after_s: 1, task: "post_batch[0]" } },
  ],
  [
    "error: e failed in 2 s: 0 succeeded, 0 failed, 0 skipped, 2 interrupted; /t: permission denied",
    {
      ...{
        type: "ensemble.finished",
        ensemble: "e",
        succeeded: 0,
        failed: 0,
        skipped: 0,
        interrupted: 2,
        elapsed_s: 2,
      },
      ...{ ok: false, failure: { reason: "directory", directory: "/t", message: "permission denied" } },
    },
  ],
  [
    "error: e failed in 2 s: 1 succeeded, 1 failed, 0 skipped, 0 interrupted",
    {
      ...{
        type: "ensemble.finished",
        ensemble: "e",
        succeeded: 1,
        failed: 1,
        skipped: 0,
        interrupted: 0,
        elapsed_s: 2,
      },
      ...{ ok: false, failure: { reason: "parts", runs: 1, batches: 0 } },
    },
  ],
  ["info: sacct keeps no jobs here", { type: "backend.noted", message: "sacct keeps no jobs here" }],
  ["warning: squeue does not answer", { type: "backend.silent", message: "squeue does not answer" }],
  ["info: the scheduler answers again", { type: "backend.answered" }],
];

describe("a sentence", () => {
  it.each(CASES)("the log says `%s`", (text, fact) => {
    expect(textOf(fact)).toBe(text);
  });

  it("control characters from a scheduler do not reach the terminal", () => {
    const evil = "\x1b[2J\r\n";
    const facts: readonly Fact[] = [
      { type: "backend.noted", message: evil },
      { type: "backend.silent", message: evil },
      { type: "run.waiting", because: "scheduler", message: evil, ...here },
      { type: "job.changed", state: "held", reason: evil, message: evil, ...job },
      { type: "job.vanished", evidence: { [evil]: evil }, ...job },
      { type: "job.finished", ok: true, elapsed_s: 1, evidence: { [evil]: evil }, ...job },
    ];
    for (const fact of facts) expect(textOf(fact), fact.type).not.toMatch(/[\x00-\x1f]/);
  });
});
