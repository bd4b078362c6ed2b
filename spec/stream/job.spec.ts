import { concat, defer, delay, EMPTY, map, type Observable, of, take, timer } from "rxjs";
import { describe, expect, it, vi } from "vitest";
import type { Handover, JobReport, JobRequest } from "../../lib/effects/backend.js";
import { ensemble$ } from "../../lib/stream/ensemble.js";
import {
  batchOf,
  ending$,
  execute,
  failing$,
  hear,
  jobFailed,
  most,
  only,
  planOf,
  play,
  runsOf,
  sceneOf,
  types,
  type World,
} from "../support/virtual.js";

const played = (
  batch: Parameters<typeof batchOf>[0],
  backend: NonNullable<World["backend"]> = {},
  settings: Parameters<typeof sceneOf>[2] = {},
) => play(() => ensemble$(sceneOf(planOf([batchOf({ runs: 1, ...batch })]), { backend }, settings)));

const here = { batch: "b", run: "b-0", cycle: 1, attempt: 1 };

/** A scheduler to which handing over goes like this, time by time, and which takes the job after that. `asked`: the tokens. */
const handing = (...times: readonly Observable<Handover>[]) => {
  const asked: string[] = [];
  return {
    asked,
    submit$: ({ token }: JobRequest) => defer(() => times[asked.push(token) - 1] ?? of({ job: `${asked.length}` })),
  };
};

/** Jobs that come to this, one after the other; those after them end well. */
const coming = (...fates: readonly JobReport[]) => {
  let watched = 0;
  return { watch$: () => timer(100).pipe(map((): JobReport => fates[watched++] ?? { state: "ended" })) };
};

const waiting = (why: string, ms: number) => of<Handover>({ waiting: why }).pipe(delay(ms));
const vanished: JobReport = { state: "vanished", evidence: { squeue: "unknown", sacct: "none" } };
const lost = { reason: "job", cause: "lost" } as const;

/** A scheduler that has so many jobs, look by look; the last number stays. */
const counting = (...counts: readonly number[]) => {
  const asked: string[] = [];
  return {
    asked,
    count$: (match: string) => defer(() => of(counts[Math.min(asked.push(match), counts.length) - 1] ?? 0)),
  };
};

describe("a job", () => {
  it("is told from the intent to its end", () => {
    const told = played(
      {},
      {
        watch$: () =>
          concat(of<JobReport>({ state: "pending" }), of<JobReport>({ state: "running" }).pipe(delay(10)), ending$(90)),
      },
    );
    expect(told.filter(({ type }) => type.startsWith("job."))).toEqual([
      { type: "job.submitting", script: "job.sh", token: "1.b-0.1.1.job", ...here, at: 0 },
      { type: "job.submitted", job: "j-b-0", ...here, at: 1 },
      { type: "job.changed", job: "j-b-0", state: "pending", ...here, at: 1 },
      { type: "job.changed", job: "j-b-0", state: "running", ...here, at: 11 },
      { type: "job.finished", job: "j-b-0", ...here, ok: true, elapsed_s: 0.1, at: 101 },
    ]);
  });

  it("is told as an intent before it is handed over", () => {
    const order: string[] = [];
    const asked: JobRequest[] = [];
    const stream = ensemble$(
      sceneOf(planOf([batchOf({ runs: 1 })]), {
        backend: {
          submit$: (request) =>
            defer(() => {
              asked.push(request);
              order.push("handed over");
              return of({ job: "1" });
            }),
        },
      }),
    );
    play(() => stream.pipe(map((fact) => (order.push(fact.type), fact))));
    expect(order.slice(order.indexOf("job.submitting"), order.indexOf("job.finished"))).toEqual([
      "job.submitting",
      "handed over",
      "job.submitted",
    ]);
    expect(asked).toEqual([
      { name: "b-0", script: "job.sh", directory: "/scratch/b-0", watched: true, token: "1.b-0.1.1.job", guard: true },
    ]);
  });

  it("is told of with all that its scheduler remarks of it", () => {
    const held = { state: "held", reason: "JobHeldUser", message: "scontrol release 7" } as const;
    const blocked = { state: "blocked", reason: "DependencyNeverSatisfied" } as const;
    const told = played({}, { watch$: () => concat(of(held, blocked), ending$(90)) });
    expect(only(told, "job.changed")).toEqual([
      { type: "job.changed", job: "j-b-0", ...held, ...here, at: 1 },
      { type: "job.changed", job: "j-b-0", ...blocked, ...here, at: 1 },
    ]);
  });

  it("ends with what was found of it, well or badly; and without, where nothing was", () => {
    const evidence = { squeue: "COMPLETING", marker: "7" };
    const endOf = (report: JobReport) => only(played({}, coming(report)), "job.finished");
    const end = { type: "job.finished", job: "j-b-0", ...here, elapsed_s: 0.1, at: 101 };
    expect(endOf({ state: "ended", evidence })).toEqual([{ ...end, ok: true, evidence }]);
    expect(endOf({ state: "ended", failure: jobFailed, evidence })).toEqual([
      { ...end, ok: false, failure: jobFailed, evidence },
    ]);
    expect(endOf({ state: "ended" })).toEqual([{ ...end, ok: true }]);
  });

  it.each([true, false])("may have a guard, or not, as its batch says: %s", (guard) => {
    const asked: JobRequest[] = [];
    const submit$ = (request: JobRequest) => defer(() => of({ job: `${asked.push(request)}` }));
    played({ guard }, { submit$ });
    expect(asked).toMatchObject([{ guard }]);
  });

  it("that ends badly fails its run, and post_run is not done", () => {
    const told = played({ post_run: [execute] }, { watch$: () => ending$(100, jobFailed) });
    expect(only(told, "job.finished")).toMatchObject([{ ok: false, failure: jobFailed }]);
    expect(only(told, "task.started")).toEqual([]);
    expect(only(told, "run.finished")).toMatchObject([{ ok: false, failure: jobFailed }]);
  });

  it("that cannot be handed over fails its run, and nothing is told of its end", () => {
    const refused = { reason: "job", cause: "not_started", message: "invalid partition" } as const;
    const told = played({}, { submit$: () => failing$(refused) });
    expect(only(told, "job.submitted")).toEqual([]);
    expect(only(told, "job.finished")).toEqual([]);
    expect(only(told, "run.finished")).toMatchObject([{ ok: false, failure: refused }]);
  });

  it("is there for nobody with -s, and the tasks are done all the same", () => {
    const told = played({ pre_run: [execute], post_run: [execute] }, {}, { submission: false });
    expect(types(told).filter((type) => type.startsWith("job."))).toEqual([]);
    expect(only(told, "task.finished").map(({ task }) => task)).toEqual(["pre_run[0]", "post_run[0]"]);
    expect(only(told, "run.finished")).toMatchObject([{ ok: true, at: 10 }]);
  });

  it("is there for nobody without a job file", () => {
    const { job_file: _, ...jobless } = batchOf({ runs: 1, post_run: [execute] });
    const told = play(() => ensemble$(sceneOf(planOf([jobless]))));
    expect(types(told).filter((type) => type.startsWith("job."))).toEqual([]);
    expect(only(told, "run.finished")).toMatchObject([{ ok: true, at: 5 }]);
  });
});

describe("a hand-over of which nothing came", () => {
  it("is tried anew under another token, each time with an intent that is on disk before", () => {
    const order: string[] = [];
    const { submit$ } = handing(EMPTY, EMPTY);
    const world: World = {
      commit$: () => defer(() => (order.push("commit"), EMPTY)),
      backend: {
        submit$: (request) => defer(() => (order.push("hands over", request.token), submit$(request))),
      },
    };
    const told = play(() =>
      ensemble$(sceneOf(planOf([batchOf({ runs: 1 })]), world)).pipe(
        map((fact) => {
          if (fact.type === "job.submitting") order.push("intends", fact.token ?? "nothing");
          if (fact.type === "job.submitted") order.push(`has ${fact.job}`);
          return fact;
        }),
      ),
    );
    const tries = ["job", "job-2", "job-3"].map((what) => `1.b-0.1.1.${what}`);
    expect(order.slice(order.indexOf("intends"))).toEqual([
      ...tries.flatMap((token) => ["intends", token, "commit", "hands over", token]),
      "has 3",
    ]);
    expect(only(told, "run.finished")).toMatchObject([{ ok: true }]);
  });

  it("is not tried anew where the scheduler will not have the job, or has it", () => {
    const { asked, submit$ } = handing(failing$(jobFailed));
    expect(only(played({}, { submit$ }), "run.finished")).toMatchObject([{ ok: false, failure: jobFailed }]);
    expect(asked).toHaveLength(1);
    const taken = handing(of({ job: "1" }));
    played({}, taken);
    expect(taken.asked).toHaveLength(1);
  });

  it("keeps its seat", () => {
    const { asked, submit$ } = handing(timer(50).pipe(map((): Handover => ({ waiting: "busy" }))));
    const told = played({ runs: 2, maxjobs: 1 }, { submit$ });
    expect(asked).toEqual(["1.b-0.1.1.job", "1.b-0.1.1.job-2", "1.b-1.1.1.job"]);
    expect(only(told, "job.submitting").map(({ run, at }) => [run, at])).toEqual([
      ["b-0", 0],
      ["b-0", 50],
      ["b-1", 150],
    ]);
  });
});

describe("a hand-over that has to wait", () => {
  it("says why, and again when the reason changes", () => {
    const told = played({}, handing(concat(waiting("busy", 10), waiting("full", 10), of({ job: "1" }))));
    expect(only(told, "run.waiting")).toEqual([
      { type: "run.waiting", because: "scheduler", message: "busy", ...here, at: 10 },
      { type: "run.waiting", because: "scheduler", message: "full", ...here, at: 20 },
    ]);
    expect(only(told, "job.submitted")).toMatchObject([{ job: "1", at: 20 }]);
  });

  it("says so though the run has waited for a seat before", () => {
    const told = played({ runs: 2, maxjobs: 1 }, handing(EMPTY, of({ job: "1" }), waiting("busy", 10)));
    expect(only(told, "run.waiting").map(({ run, because }) => [run, because])).toEqual([
      ["b-1", "maxjobs"],
      ["b-1", "scheduler"],
    ]);
  });

  it("is no hand-over: the job is not watched, and another token is tried where nothing comes after it", () => {
    let watched = 0;
    const { asked, submit$ } = handing(waiting("busy", 10));
    const watch$ = (job: string) => defer(() => (watched++, job === "2" ? ending$(100) : EMPTY));
    const told = played({}, { submit$, watch$ });
    expect(asked).toEqual(["1.b-0.1.1.job", "1.b-0.1.1.job-2"]);
    expect(types(told).filter((type) => type.startsWith("job.") || type === "run.waiting")).toEqual([
      "job.submitting",
      "run.waiting",
      "job.submitting",
      "job.submitted",
      "job.finished",
    ]);
    expect(watched).toBe(1);
  });
});

describe("a job that vanished", () => {
  it("is told of with who said so, and handed over anew", () => {
    const { asked, submit$ } = handing();
    const told = played({}, { submit$, ...coming(vanished, vanished) });
    const [first, second, third] = asked;
    expect(asked).toEqual(["job", "job-2", "job-3"].map((what) => `1.b-0.1.1.${what}`));
    const handed = (token: string | undefined, job: string, at: number) => [
      { type: "job.submitting", script: "job.sh", token, ...here, at },
      { type: "job.submitted", job, ...here, at },
    ];
    const gone = { type: "job.vanished", evidence: { squeue: "unknown", sacct: "none" }, ...here };
    expect(told.filter(({ type }) => type.startsWith("job."))).toEqual([
      ...handed(first, "1", 0),
      { ...gone, job: "1", at: 100 },
      ...handed(second, "2", 100),
      { ...gone, job: "2", at: 200 },
      ...handed(third, "3", 200),
      { type: "job.finished", job: "3", ...here, ok: true, elapsed_s: 0.1, at: 300 },
    ]);
    expect(only(told, "run.finished")).toMatchObject([{ ok: true }]);
  });

  it.each([
    ["failed", coming({ state: "ended", failure: jobFailed }), jobFailed],
    ["is lost", coming({ state: "ended", failure: lost }), lost],
    ["is told of no more", { watch$: () => EMPTY }, lost],
    ["succeeded", coming({ state: "ended" }), undefined],
  ])("is the only one: one that %s is not handed over anew", (_, fate, failure) => {
    const { asked, submit$ } = handing();
    const told = played({}, { submit$, ...fate });
    expect(asked).toHaveLength(1);
    expect(only(told, "run.finished")).toMatchObject([failure === undefined ? { ok: true } : { ok: false, failure }]);
  });

  it("keeps its seat: no other job of its batch is let in before it", () => {
    const { asked, submit$ } = handing();
    const told = played({ runs: 3, maxjobs: 1 }, { submit$, ...coming(vanished) });
    expect(asked).toEqual(["1.b-0.1.1.job", "1.b-0.1.1.job-2", "1.b-1.1.1.job", "1.b-2.1.1.job"]);
    expect(only(told, "job.submitting").map(({ run, at }) => [run, at])).toEqual([
      ["b-0", 0],
      ["b-0", 100],
      ["b-1", 200],
      ["b-2", 300],
    ]);
  });

  it("waits for room in the scheduler as any other does: maxjobs holds", () => {
    const { asked, count$ } = counting(0, 2, 0);
    const told = played({ maxjobs: 2 }, { ...coming(vanished), count$ }, { check_timeout: 10 });
    expect(asked).toHaveLength(3);
    expect(only(told, "run.waiting")).toMatchObject([{ because: "maxjobs", at: 101 }]);
    expect(only(told, "job.submitting").map(({ at }) => at)).toEqual([0, 10_101]);
  });

  it("may then be one that cannot be handed over, and the run has failed", () => {
    const submit$ = handing(of({ job: "1" }), failing$(jobFailed)).submit$;
    const told = played({}, { submit$, ...coming(vanished) });
    expect(only(told, "job.finished")).toEqual([]);
    expect(only(told, "run.finished")).toMatchObject([{ ok: false, failure: jobFailed }]);
  });
});

describe("maxjobs", () => {
  it("is how many jobs of a batch there are at most", () => {
    const told = played({ runs: 20, maxruns: 8, maxjobs: 3 });
    expect(most(told, "job.submitting", "job.finished")).toBe(3);
    expect(only(told, "run.finished").filter(({ ok }) => ok)).toHaveLength(20);
  });

  it("is each batch's own", () => {
    const told = play(() =>
      ensemble$(
        sceneOf(planOf([batchOf({ name: "a", maxjobs: 1 }), batchOf({ name: "z", maxjobs: 2 })]), {
          backend: { count$: () => of(0) },
        }),
      ),
    );
    expect(most(told, "job.submitting", "job.finished")).toBe(3);
  });

  it("makes runs wait, and they say so once", () => {
    const told = played({ runs: 3, maxjobs: 1 });
    expect(only(told, "run.waiting").map(({ run, because, at }) => [run, because, at])).toEqual([
      ["b-1", "maxjobs", 0],
      ["b-2", "maxjobs", 0],
    ]);
    expect(only(told, "job.submitting").map(({ run, at }) => [run, at])).toEqual([
      ["b-0", 0],
      ["b-1", 101],
      ["b-2", 202],
    ]);
  });

  it("counts the jobs that the scheduler has from others, and asks again every check_timeout seconds", () => {
    const { asked, count$ } = counting(2, 5, 1);
    const told = played({ maxjobs: 2 }, { count$ }, { check_timeout: 10 });
    expect(asked).toEqual(["b-", "b-", "b-"]);
    expect(only(told, "run.waiting")).toMatchObject([{ because: "maxjobs", at: 0 }]);
    expect(only(told, "job.submitting")).toMatchObject([{ at: 20_000 }]);
  });

  it("is one wait to a run that waits for a seat first, and then for the scheduler", () => {
    const told = played({ runs: 2, maxjobs: 1 }, counting(0, 1, 0), { check_timeout: 10 });
    expect(only(told, "run.waiting").map(({ run, at }) => [run, at])).toEqual([["b-1", 0]]);
    expect(only(told, "job.submitting").map(({ at }) => at)).toEqual([0, 10_101]);
  });

  it("does not ask the scheduler with -c", () => {
    const { asked, count$ } = counting(99);
    const told = played({ runs: 4, maxjobs: 1 }, { count$ }, { checks: false });
    expect(asked).toEqual([]);
    expect(most(told, "job.submitting", "job.finished")).toBe(1);
    expect(only(told, "run.finished").every(({ ok }) => ok)).toBe(true);
  });

  it("gives the seat of a job that failed to the next run", () => {
    const told = played(
      { runs: 3, maxjobs: 1 },
      { submit$: ({ name }) => (name === "b-1" ? failing$(jobFailed) : timer(1).pipe(map(() => ({ job: name })))) },
    );
    expect(only(told, "run.finished").map(({ run, ok }) => [run, ok])).toEqual([
      ["b-0", true],
      ["b-1", false],
      ["b-2", true],
    ]);
  });

  it("does not count a run that is doing post_run", () => {
    const told = played({ runs: 2, maxjobs: 1, post_run: [execute] });
    const [, second] = only(told, "job.submitting");
    const [first] = only(told, "run.finished");
    expect(second?.at).toBeLessThan(first?.at ?? 0);
  });
});

describe("the random wait before a submission", () => {
  it("comes before the intent, and is as long as -ms allows", () => {
    const random = vi.spyOn(Math, "random").mockReturnValue(0.25);
    const told = played({ runs: 2 }, {}, { max_stagger: 8 });
    random.mockRestore();
    expect(only(told, "job.submitting").map(({ at }) => at)).toEqual([2000, 2000]);
  });

  it("is drawn for every job anew", () => {
    const random = vi.spyOn(Math, "random").mockReturnValueOnce(0.5).mockReturnValueOnce(0);
    const told = played({ runs: 2 }, {}, { max_stagger: 2 });
    random.mockRestore();
    expect(only(told, "job.submitting").map(({ run, at }) => [run, at])).toEqual([
      ["b-1", 0],
      ["b-0", 1000],
    ]);
  });
});

describe("post_run_on_failure", () => {
  const failed = (batch: Parameters<typeof batchOf>[0], world: World = {}) =>
    play(() =>
      ensemble$(
        sceneOf(planOf([batchOf({ runs: 1, post_run: [execute, execute], post_run_on_failure: true, ...batch })]), {
          ...world,
          backend: { watch$: () => ending$(100, jobFailed) },
        }),
      ),
    );

  it("does post_run for a run whose job failed, and the run has failed all the same", () => {
    const told = failed({});
    expect(only(told, "task.finished").map(({ task, ok }) => [task, ok])).toEqual([
      ["post_run[0]", true],
      ["post_run[1]", true],
    ]);
    expect(only(told, "run.finished")).toMatchObject([{ ok: false, failure: jobFailed, at: 111 }]);
  });

  it("leaves the job's failure as the cause, whatever becomes of post_run", () => {
    const told = failed({}, { perform$: () => failing$(jobFailed) });
    const gone = failed({}, { perform$: () => failing$({ reason: "refused", path: "/", message: "no" }) });
    expect(only(told, "task.started")).toHaveLength(1);
    expect(only(gone, "task.finished")).toMatchObject([{ ok: false, failure: { reason: "refused" } }]);
    expect(only(gone, "run.finished")).toMatchObject([{ ok: false, failure: jobFailed }]);
  });

  it("does post_run once for a run whose job succeeded", () => {
    const told = played({ post_run: [execute], post_run_on_failure: true });
    expect(only(told, "task.started")).toHaveLength(1);
    expect(only(told, "run.finished")).toMatchObject([{ ok: true }]);
  });

  it("does nothing for a run that never came to its job", () => {
    const told = failed(
      { pre_run: [execute] },
      { perform$: () => failing$({ reason: "refused", path: "/", message: "no" }) },
    );
    expect(only(told, "task.started").map(({ task }) => task)).toEqual(["pre_run[0]"]);
    expect(only(told, "run.finished")).toMatchObject([{ ok: false, failure: { reason: "refused" } }]);
  });
});

describe("nothing is submitted after a teardown", () => {
  const scene = (submitted: string[]) =>
    sceneOf(planOf([batchOf({ runs: 20, maxruns: 10, pre_run: [execute], post_run: [execute] })]), {
      backend: {
        submit$: ({ name }) =>
          defer(() => {
            submitted.push(name);
            return timer(1).pipe(map(() => ({ job: `j-${name}` })));
          }),
      },
    });

  it("whenever the subscriber leaves, and every job had its intent told", () => {
    const whole = play(() => ensemble$(scene([]))).length;
    expect(whole).toBeGreaterThan(200);
    for (let cut = 1; cut <= whole; cut += 1) {
      const submitted: string[] = [];
      const told = play(() => ensemble$(scene(submitted)).pipe(take(cut)));
      const intents = only(told, "job.submitting").map(({ run }) => run);
      // The last one told may be an intent that was heard by nobody who would go on with it.
      const due = told.at(-1)?.type === "job.submitting" ? intents.slice(0, -1) : intents;
      expect(submitted, `cut after ${cut}`).toEqual(due);
    }
  });

  it("by the passing of time either", () => {
    for (let ms = 0; ms < 230; ms += 3) {
      const submitted: string[] = [];
      let before: readonly string[] = [];
      play(
        () => ensemble$(scene(submitted)),
        (playing) => {
          hear(timer(ms), () => {
            playing.unsubscribe();
            before = [...submitted];
          });
        },
      );
      expect(submitted, `left after ${ms} ms`).toEqual(before);
    }
  });
});

describe("runs", () => {
  it("have the directories and indexes of the plan", () => {
    expect(only(played({ runs: 2 }, { watch$: () => EMPTY }), "run.started")).toMatchObject(
      runsOf("b", 2).map(({ id, index, directory }) => ({ run: id, index, directory })),
    );
  });
});
