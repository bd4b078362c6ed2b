/**
 * Successive starts of one ensemble: each knows the events of all earlier starts, and no job is submitted twice.
 */
import { defer, EMPTY, of, takeWhile } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Backend, EarlierJob, JobReport, JobRequest } from "../../lib/effects/backend.js";
import type { Fact } from "../../lib/events/event.js";
import { emptyHistory } from "../../lib/history/history.js";
import { reduceHistory } from "../../lib/history/reduce.js";
import { resume } from "../../lib/history/resume.js";
import { ensemble$ } from "../../lib/stream/ensemble.js";
import { batchOf, contextOf, ending$, jobFailed, only, planOf, play, settingsOf, types } from "../support/virtual.js";

/** The events of a start until the program died, and the requests of the start to its scheduler. */
interface StartResult {
  readonly events: readonly Fact[];
  /** The tokens of the submissions. */
  readonly submitted: readonly string[];
  /** The jobs of earlier starts that the start tried to adopt. */
  readonly adopted: readonly (EarlierJob & { readonly token: string })[];
}

interface StartOptions {
  readonly backend?: Partial<Backend>;
  /** Whether the program dies after this fact, which still reaches the disk. */
  readonly dies?: (fact: Fact) => boolean;
  /** Turns a fact into the fact that another version would have written. */
  readonly written?: (fact: Fact) => Fact;
}

/** An ensemble that can be started any number of times. */
const ensembleOf = (plan: ReturnType<typeof planOf>, submission = true) => {
  const past = emptyHistory();
  return ({ backend = {}, dies = () => false, written = (fact) => fact }: StartOptions = {}): StartResult => {
    const [submitted, adopted]: [string[], StartResult["adopted"][number][]] = [[], []];
    const asked: Partial<Backend> = {
      ...backend,
      submit$: (job) =>
        defer(() => {
          submitted.push(job.token);
          return backend.submit$?.(job) ?? of({ job: `job of ${job.token}` });
        }),
      adopt$: (job, before) =>
        defer(() => {
          adopted.push({ token: job.token, ...before });
          return backend.adopt$?.(job, before) ?? EMPTY;
        }),
    };
    const found = resume(plan, structuredClone(past), { settings: settingsOf() });
    const context = contextOf(found.plan, { backend: asked }, { submission, past: found.past });
    const events = play(() => ensemble$(context).pipe(takeWhile((fact) => !dies(fact), true)));
    for (const fact of [opened(past.starts + 1), ...events]) reduceHistory(past, written(fact));
    return { events, submitted, adopted };
  };
};

const opened = (start: number): Fact => ({
  ...{ type: "stream.opened", schema: "model-ensembler.events/2.1", version: "1", host: "h", pid: 1, directory: "/" },
  boot: `boot ${start}`,
});

/** Whether a fact is the nth of a type, from 1. */
const nth = (type: Fact["type"], which = 1) => {
  let seen = 0;
  return (fact: Fact) => fact.type === type && ++seen === which;
};

/** Returns `first` at the first call, and `then()` at all later ones. */
const once = <T>(first: T, then: () => T): (() => T) => {
  let asked = 0;
  return () => (asked++ === 0 ? first : then());
};
const vanishing = () => ({
  watch$: once(of<JobReport>({ state: "vanished", evidence: { sacct: "none" } }), () => ending$(100)),
});
const withoutJob = () => ({
  submit$: once<ReturnType<Backend["submit$"]>>(EMPTY, () => of({ job: "7" })),
});
const known = { adopt$: ({ token }: JobRequest) => of({ job: `known ${token}` }) };

/** The fact without the token, which older versions did not write. */
const withoutToken = (fact: Fact): Fact => {
  if (fact.type !== "job.submitting") return fact;
  const { token: _, ...older } = fact;
  return older;
};

const jobs = ({ events }: StartResult) => types(events).filter((type) => type.startsWith("job."));
const JOB = "1.b-0.1.1.job";

describe("the job of a run that an earlier start submitted", () => {
  const plan = planOf([batchOf({ runs: 1 })]);

  it("a submitted job is adopted by its token and its id, and watched", () => {
    const start = ensembleOf(plan);
    start({ dies: nth("job.submitted") });
    const { adopted, submitted, events } = start({ backend: known });
    expect(adopted).toEqual([{ token: JOB, id: `job of ${JOB}`, boot: "boot 1" }]);
    expect(submitted).toEqual([]);
    expect(only(events, "job.submitted")).toMatchObject([{ job: `known ${JOB}` }]);
    expect(only(events, "run.finished")).toMatchObject([{ ok: true }]);
  });

  it.each([
    ["was about to be submitted", "job.submitting", {}],
    ["was submitted", "job.submitted", { id: "7" }],
    ["was seen", "job.changed", { id: "7" }],
  ] as const)("a job that %s is adopted by the token of its latest submission", (_, last, more) => {
    const start = ensembleOf(plan);
    const watch$ = () => of<JobReport>({ state: "pending" });
    const dies = nth(last, last === "job.submitting" ? 2 : 1);
    expect(start({ backend: { ...withoutJob(), watch$ }, dies }).events.at(-1)?.type).toBe(last);
    const before = { token: `${JOB}-2`, boot: "boot 1", ...more };
    expect(start({ backend: known, dies: nth("job.submitted") }).adopted).toEqual([before]);
    // Every later start adopts the same job.
    expect(start({ backend: known }).adopted).toEqual([{ ...before, id: `known ${JOB}-2` }]);
  });

  it("a job of an older version, which wrote no token, is adopted by the token that it had", () => {
    const start = ensembleOf(plan);
    expect(start({ dies: nth("job.submitting"), written: withoutToken }).submitted).toEqual([]);
    expect(start({ backend: known }).adopted).toEqual([{ token: JOB, boot: "boot 1" }]);
  });

  it("a job that was never submitted is submitted by this start under a token of its own", () => {
    const start = ensembleOf(plan);
    start({ dies: nth("job.submitting") });
    const { submitted, adopted, events } = start({ dies: nth("job.submitted") });
    expect([adopted.length, submitted]).toEqual([1, ["2.b-0.1.1.job"]]);
    expect(only(events, "job.submitting")).toMatchObject([{ token: "2.b-0.1.1.job" }]);
    expect(start({ backend: known }).adopted).toMatchObject([{ token: "2.b-0.1.1.job", boot: "boot 2" }]);
  });

  it("a job is submitted only after its adoption completes without a job", () => {
    const dead = () => {
      const start = ensembleOf(plan);
      start({ dies: nth("job.submitting") });
      return start;
    };
    const found = dead()({ backend: { adopt$: () => of({ waiting: "no answer" }, { job: "7" }) } });
    expect(found.submitted).toEqual([]);
    expect(only(found.events, "run.waiting")).toMatchObject([{ because: "scheduler", message: "no answer" }]);
    expect(jobs(found)).toEqual(["job.submitted", "job.finished"]);
    const absent = dead()({ backend: { adopt$: () => of({ waiting: "no answer" }) } });
    expect(absent.submitted).toEqual(["2.b-0.1.1.job"]);
    expect(jobs(absent)).toEqual(["job.submitting", "job.submitted", "job.finished"]);
  });

  it("a job that has vanished is not adopted by a later start", () => {
    const start = ensembleOf(plan);
    const first = start({ backend: vanishing(), dies: nth("job.vanished") });
    expect(first.submitted).toEqual([JOB]);
    const { adopted, submitted, events } = start();
    expect([adopted, submitted]).toEqual([[], ["2.b-0.1.1.job"]]);
    expect(only(events, "run.finished")).toMatchObject([{ ok: true }]);
  });

  it("a job that replaces a vanished one is adopted", () => {
    const start = ensembleOf(plan);
    start({ backend: vanishing(), dies: nth("job.submitted", 2) });
    const { adopted, submitted } = start({ backend: known });
    expect(adopted).toEqual([{ token: `${JOB}-2`, id: `job of ${JOB}-2`, boot: "boot 1" }]);
    expect(submitted).toEqual([]);
  });

  it("an adopted job is submitted again if it vanishes, but not if it fails", () => {
    const after = (watch$: Backend["watch$"]) => {
      const start = ensembleOf(plan);
      start({ dies: nth("job.submitted") });
      return start({ backend: { ...known, watch$ } });
    };
    const resubmitted = after(vanishing().watch$);
    expect(resubmitted.submitted).toEqual(["2.b-0.1.1.job"]);
    expect(jobs(resubmitted)).toEqual([
      ...["job.submitted", "job.vanished"],
      ...["job.submitting", "job.submitted", "job.finished"],
    ]);
    expect(after(() => ending$(5, jobFailed)).submitted).toEqual([]);
  });
});

describe("the job of a `submit` task of an earlier start", () => {
  const task = { name: "submit", args: { script: "s.sh" } } as const;
  const ensemble = () => ensembleOf(planOf([batchOf({ runs: 1, pre_run: [task] })]), false);
  const TASK = "1.b-0.1.1.pre_run[0]";

  it("the job of a submit task is adopted by the token of its latest submission", () => {
    const start = ensemble();
    start({ backend: withoutJob(), dies: nth("job.submitting", 2) });
    const { adopted, submitted } = start({ backend: known });
    expect([adopted, submitted]).toEqual([[{ token: `${TASK}-2`, boot: "boot 1" }], []]);
  });

  it("every start tries to adopt the job of a submit task until the scheduler answers", () => {
    const start = ensemble();
    start({ backend: withoutJob(), dies: nth("job.submitting", 2) });
    const backend = { adopt$: () => of({ waiting: "no answer" }) };
    for (const _ of [2, 3]) {
      const { adopted, submitted } = start({ backend, dies: nth("task.waiting") });
      expect([adopted, submitted]).toEqual([[{ token: `${TASK}-2`, boot: "boot 1" }], []]);
    }
    // An adoption that only waits has not found the job.
    expect(start({ backend }).submitted).toEqual(["4.b-0.1.1.pre_run[0]"]);
  });

  it("once the job of a submit task is submitted, no later start adopts or submits it", () => {
    const start = ensemble();
    start({ dies: nth("job.submitted") });
    start({ dies: nth("task.started") });
    const { adopted, submitted, events } = start();
    expect([adopted, submitted]).toEqual([[], []]);
    expect(only(events, "task.finished")).toMatchObject([{ ok: true }]);
  });

  it("the job of a submit task of an older version, which wrote no token, is adopted by the token that it had", () => {
    const start = ensemble();
    start({ dies: nth("job.submitting"), written: withoutToken });
    expect(start({ backend: known }).adopted).toEqual([{ token: TASK, boot: "boot 1" }]);
  });
});
