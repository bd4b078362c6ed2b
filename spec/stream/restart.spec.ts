/** Starts one after the other: each knows what those before it have told, and nothing is handed over twice. */
import { defer, EMPTY, of, takeWhile } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Backend, EarlierJob, JobReport, JobRequest } from "../../lib/effects/backend.js";
import type { Fact } from "../../lib/events/event.js";
import { emptyHistory } from "../../lib/history/history.js";
import { reduceHistory } from "../../lib/history/reduce.js";
import { resume } from "../../lib/history/resume.js";
import { ensemble$ } from "../../lib/stream/ensemble.js";
import { batchOf, ending$, jobFailed, only, planOf, play, sceneOf, settingsOf, types } from "../support/virtual.js";

/** What a start has told until its program died, or all of it; and what it asked its scheduler. */
interface Life {
  readonly told: readonly Fact[];
  /** Under which tokens jobs were handed over. */
  readonly handed: readonly string[];
  /** For which jobs of earlier starts it asked. */
  readonly adopted: readonly (EarlierJob & { readonly token: string })[];
}

interface Living {
  readonly backend?: Partial<Backend>;
  /** The last fact that comes to be on disk. */
  readonly dies?: (fact: Fact) => boolean;
  /** As another version would have written it. */
  readonly written?: (fact: Fact) => Fact;
}

/** An ensemble that can be started again and again. */
const ensembleOf = (plan: ReturnType<typeof planOf>, submission = true) => {
  const past = emptyHistory();
  return ({ backend = {}, dies = () => false, written = (fact) => fact }: Living = {}): Life => {
    const [handed, adopted]: [string[], Life["adopted"][number][]] = [[], []];
    const asked: Partial<Backend> = {
      ...backend,
      submit$: (job) =>
        defer(() => {
          handed.push(job.token);
          return backend.submit$?.(job) ?? of({ job: `job of ${job.token}` });
        }),
      adopt$: (job, before) =>
        defer(() => {
          adopted.push({ token: job.token, ...before });
          return backend.adopt$?.(job, before) ?? EMPTY;
        }),
    };
    const found = resume(plan, structuredClone(past), { settings: settingsOf() });
    const scene = sceneOf(found.plan, { backend: asked }, { submission, past: found.past });
    const told = play(() => ensemble$(scene).pipe(takeWhile((fact) => !dies(fact), true)));
    for (const fact of [opened(past.starts + 1), ...told]) reduceHistory(past, written(fact));
    return { told, handed, adopted };
  };
};

const opened = (start: number): Fact => ({
  ...{ type: "stream.opened", schema: "model-ensembler.events/2.0", version: "1", host: "h", pid: 1, directory: "/" },
  boot: `boot ${start}`,
});

/** Its so-manieth fact of a type, from 1. */
const nth = (type: Fact["type"], which = 1) => {
  let seen = 0;
  return (fact: Fact) => fact.type === type && ++seen === which;
};

/** Says first that it has to wait, or has vanished, and nothing else. */
const once = <T>(first: T, then: () => T): (() => T) => {
  let asked = 0;
  return () => (asked++ === 0 ? first : then());
};
const vanishing = () => ({
  watch$: once(of<JobReport>({ state: "vanished", evidence: { sacct: "none" } }), () => ending$(100)),
});
const comingToNothing = () => ({
  submit$: once<ReturnType<Backend["submit$"]>>(EMPTY, () => of({ job: "7" })),
});
const known = { adopt$: ({ token }: JobRequest) => of({ job: `known ${token}` }) };

/** Without what older versions did not write. */
const untold = (fact: Fact): Fact => {
  if (fact.type !== "job.submitting") return fact;
  const { token: _, ...older } = fact;
  return older;
};

const jobs = ({ told }: Life) => types(told).filter((type) => type.startsWith("job."));
const JOB = "1.b-0.1.1.job";

describe("the job of a run, in a start after the one that handed it over,", () => {
  const plan = planOf([batchOf({ runs: 1 })]);

  it("is asked for by its token and its id, and what is known of it is watched", () => {
    const start = ensembleOf(plan);
    start({ dies: nth("job.submitted") });
    const { adopted, handed, told } = start({ backend: known });
    expect(adopted).toEqual([{ token: JOB, id: `job of ${JOB}`, boot: "boot 1" }]);
    expect(handed).toEqual([]);
    expect(only(told, "job.submitted")).toMatchObject([{ job: `known ${JOB}` }]);
    expect(only(told, "run.finished")).toMatchObject([{ ok: true }]);
  });

  it.each([
    ["was about to be handed over", "job.submitting", {}],
    ["was handed over", "job.submitted", { id: "7" }],
    ["was seen", "job.changed", { id: "7" }],
  ] as const)("is asked for by the token of its latest try, where it %s", (_, last, more) => {
    const start = ensembleOf(plan);
    const watch$ = () => of<JobReport>({ state: "pending" });
    const dies = nth(last, last === "job.submitting" ? 2 : 1);
    expect(start({ backend: { ...comingToNothing(), watch$ }, dies }).told.at(-1)?.type).toBe(last);
    const before = { token: `${JOB}-2`, boot: "boot 1", ...more };
    expect(start({ backend: known, dies: nth("job.submitted") }).adopted).toEqual([before]);
    // However often: it is the same job, of the same start.
    expect(start({ backend: known }).adopted).toEqual([{ ...before, id: `known ${JOB}-2` }]);
  });

  it("is asked for by the token that an older version gave it, and did not write down", () => {
    const start = ensembleOf(plan);
    expect(start({ dies: nth("job.submitting"), written: untold }).handed).toEqual([]);
    expect(start({ backend: known }).adopted).toEqual([{ token: JOB, boot: "boot 1" }]);
  });

  it("is handed over by this one where it never was, under a token of its own", () => {
    const start = ensembleOf(plan);
    start({ dies: nth("job.submitting") });
    const { handed, adopted, told } = start({ dies: nth("job.submitted") });
    expect([adopted.length, handed]).toEqual([1, ["2.b-0.1.1.job"]]);
    expect(only(told, "job.submitting")).toMatchObject([{ token: "2.b-0.1.1.job" }]);
    expect(start({ backend: known }).adopted).toMatchObject([{ token: "2.b-0.1.1.job", boot: "boot 2" }]);
  });

  it("is not handed over because it has to be waited for, but where nothing comes after that", () => {
    const dead = () => {
      const start = ensembleOf(plan);
      start({ dies: nth("job.submitting") });
      return start;
    };
    const found = dead()({ backend: { adopt$: () => of({ waiting: "no answer" }, { job: "7" }) } });
    expect(found.handed).toEqual([]);
    expect(only(found.told, "run.waiting")).toMatchObject([{ because: "scheduler", message: "no answer" }]);
    expect(jobs(found)).toEqual(["job.submitted", "job.finished"]);
    const gone = dead()({ backend: { adopt$: () => of({ waiting: "no answer" }) } });
    expect(gone.handed).toEqual(["2.b-0.1.1.job"]);
    expect(jobs(gone)).toEqual(["job.submitting", "job.submitted", "job.finished"]);
  });

  it("is forgotten once it has vanished: nobody asks for it any more", () => {
    const start = ensembleOf(plan);
    const first = start({ backend: vanishing(), dies: nth("job.vanished") });
    expect(first.handed).toEqual([JOB]);
    const { adopted, handed, told } = start();
    expect([adopted, handed]).toEqual([[], ["2.b-0.1.1.job"]]);
    expect(only(told, "run.finished")).toMatchObject([{ ok: true }]);
  });

  it("is the one after that which vanished, where that was handed over", () => {
    const start = ensembleOf(plan);
    start({ backend: vanishing(), dies: nth("job.submitted", 2) });
    const { adopted, handed } = start({ backend: known });
    expect(adopted).toEqual([{ token: `${JOB}-2`, id: `job of ${JOB}-2`, boot: "boot 1" }]);
    expect(handed).toEqual([]);
  });

  it("may vanish then, and is handed over anew; or end badly, and is not", () => {
    const after = (watch$: Backend["watch$"]) => {
      const start = ensembleOf(plan);
      start({ dies: nth("job.submitted") });
      return start({ backend: { ...known, watch$ } });
    };
    const gone = after(vanishing().watch$);
    expect(gone.handed).toEqual(["2.b-0.1.1.job"]);
    expect(jobs(gone)).toEqual([
      ...["job.submitted", "job.vanished"],
      ...["job.submitting", "job.submitted", "job.finished"],
    ]);
    expect(after(() => ending$(5, jobFailed)).handed).toEqual([]);
  });
});

describe("the job of a `submit` task, in a start after the one that began it,", () => {
  const task = { name: "submit", args: { script: "s.sh" } } as const;
  const ensemble = () => ensembleOf(planOf([batchOf({ runs: 1, pre_run: [task] })]), false);
  const TASK = "1.b-0.1.1.pre_run[0]";

  it("is asked for by the token of its latest try", () => {
    const start = ensemble();
    start({ backend: comingToNothing(), dies: nth("job.submitting", 2) });
    const { adopted, handed } = start({ backend: known });
    expect([adopted, handed]).toEqual([[{ token: `${TASK}-2`, boot: "boot 1" }], []]);
  });

  it("is asked for so by every start until one has an answer", () => {
    const start = ensemble();
    start({ backend: comingToNothing(), dies: nth("job.submitting", 2) });
    const backend = { adopt$: () => of({ waiting: "no answer" }) };
    for (const _ of [2, 3]) {
      const { adopted, handed } = start({ backend, dies: nth("task.waiting") });
      expect([adopted, handed]).toEqual([[{ token: `${TASK}-2`, boot: "boot 1" }], []]);
    }
    // To wait for it is not to have it.
    expect(start({ backend }).handed).toEqual(["4.b-0.1.1.pre_run[0]"]);
  });

  it("is asked for no more once it is known to be handed over, however often the program dies after that", () => {
    const start = ensemble();
    start({ dies: nth("job.submitted") });
    start({ dies: nth("task.started") });
    const { adopted, handed, told } = start();
    expect([adopted, handed]).toEqual([[], []]);
    expect(only(told, "task.finished")).toMatchObject([{ ok: true }]);
  });

  it("is asked for by the token that an older version gave it, and did not write down", () => {
    const start = ensemble();
    start({ dies: nth("job.submitting"), written: untold });
    expect(start({ backend: known }).adopted).toEqual([{ token: TASK, boot: "boot 1" }]);
  });
});
