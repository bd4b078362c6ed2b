import { concat, defer, delay, EMPTY, map, type Observable, of, take, timer } from "rxjs";
import { describe, expect, it, vi } from "vitest";
import type { Handover, JobReport, JobRequest } from "../../lib/effects/backend.js";
import { ensemble$ } from "../../lib/stream/ensemble.js";
import {
  batchOf,
  contextOf,
  ending$,
  execute,
  failing$,
  jobFailed,
  only,
  peak,
  planOf,
  play,
  runsOf,
  subscribe,
  types,
  type World,
} from "../support/virtual.js";

const played = (
  batch: Parameters<typeof batchOf>[0],
  backend: NonNullable<World["backend"]> = {},
  settings: Parameters<typeof contextOf>[2] = {},
) => play(() => ensemble$(contextOf(planOf([batchOf({ runs: 1, ...batch })]), { backend }, settings)));

const ids = { batch: "b", run: "b-0", cycle: 1, attempt: 1 };

/** A scheduler that answers each submission in turn with one of `attempts`, and accepts all later ones. */
const submitting = (...attempts: readonly Observable<Handover>[]) => {
  const tokens: string[] = [];
  return {
    tokens,
    submit$: ({ token }: JobRequest) =>
      defer(() => attempts[tokens.push(token) - 1] ?? of({ job: `${tokens.length}` })),
  };
};

/** A scheduler whose jobs end in turn with one of `reports`; all later jobs succeed. */
const ending = (...reports: readonly JobReport[]) => {
  let watched = 0;
  return { watch$: () => timer(100).pipe(map((): JobReport => reports[watched++] ?? { state: "ended" })) };
};

const waiting = (reason: string, ms: number) => of<Handover>({ waiting: reason }).pipe(delay(ms));
const vanished: JobReport = { state: "vanished", evidence: { squeue: "unknown", sacct: "none" } };
const lost = { reason: "job", cause: "lost" } as const;

/** A scheduler that reports these numbers of jobs, one for each poll, and then repeats the last. */
const counting = (...counts: readonly number[]) => {
  const polls: string[] = [];
  return {
    polls,
    count$: (match: string) => defer(() => of(counts[Math.min(polls.push(match), counts.length) - 1] ?? 0)),
  };
};

describe("a job", () => {
  it("a job emits its events from the intent to its end", () => {
    const events = played(
      {},
      {
        watch$: () =>
          concat(of<JobReport>({ state: "pending" }), of<JobReport>({ state: "running" }).pipe(delay(10)), ending$(90)),
      },
    );
    expect(events.filter(({ type }) => type.startsWith("job."))).toEqual([
      { type: "job.submitting", script: "job.sh", token: "1.b-0.1.1.job", ...ids, at: 0 },
      { type: "job.submitted", job: "j-b-0", ...ids, at: 1 },
      { type: "job.changed", job: "j-b-0", state: "pending", ...ids, at: 1 },
      { type: "job.changed", job: "j-b-0", state: "running", ...ids, at: 11 },
      { type: "job.finished", job: "j-b-0", ...ids, ok: true, elapsed_s: 0.1, at: 101 },
    ]);
  });

  it("the intent of a job comes before its submission", () => {
    const order: string[] = [];
    const requests: JobRequest[] = [];
    const stream = ensemble$(
      contextOf(planOf([batchOf({ runs: 1 })]), {
        backend: {
          submit$: (request) =>
            defer(() => {
              requests.push(request);
              order.push("submitted");
              return of({ job: "1" });
            }),
        },
      }),
    );
    play(() => stream.pipe(map((fact) => (order.push(fact.type), fact))));
    expect(order.slice(order.indexOf("job.submitting"), order.indexOf("job.finished"))).toEqual([
      "job.submitting",
      "submitted",
      "job.submitted",
    ]);
    expect(requests).toEqual([
      { name: "b-0", script: "job.sh", directory: "/scratch/b-0", watched: true, token: "1.b-0.1.1.job", guard: true },
    ]);
  });

  it("job.changed carries the scheduler's remarks on the job", () => {
    const held = { state: "held", reason: "JobHeldUser", message: "scontrol release 7" } as const;
    const blocked = { state: "blocked", reason: "DependencyNeverSatisfied" } as const;
    const events = played({}, { watch$: () => concat(of(held, blocked), ending$(90)) });
    expect(only(events, "job.changed")).toEqual([
      { type: "job.changed", job: "j-b-0", ...held, ...ids, at: 1 },
      { type: "job.changed", job: "j-b-0", ...blocked, ...ids, at: 1 },
    ]);
  });

  it("job.finished carries the evidence, if there is any", () => {
    const evidence = { squeue: "COMPLETING", marker: "7" };
    const endOf = (report: JobReport) => only(played({}, ending(report)), "job.finished");
    const end = { type: "job.finished", job: "j-b-0", ...ids, elapsed_s: 0.1, at: 101 };
    expect(endOf({ state: "ended", evidence })).toEqual([{ ...end, ok: true, evidence }]);
    expect(endOf({ state: "ended", failure: jobFailed, evidence })).toEqual([
      { ...end, ok: false, failure: jobFailed, evidence },
    ]);
    expect(endOf({ state: "ended" })).toEqual([{ ...end, ok: true }]);
  });

  it.each([true, false])("the request for a job has the `guard` of its batch: %s", (guard) => {
    const requests: JobRequest[] = [];
    const submit$ = (request: JobRequest) => defer(() => of({ job: `${requests.push(request)}` }));
    played({ guard }, { submit$ });
    expect(requests).toMatchObject([{ guard }]);
  });

  it("a run whose job fails has failed, and does no post_run", () => {
    const events = played({ post_run: [execute] }, { watch$: () => ending$(100, jobFailed) });
    expect(only(events, "job.finished")).toMatchObject([{ ok: false, failure: jobFailed }]);
    expect(only(events, "task.started")).toEqual([]);
    expect(only(events, "run.finished")).toMatchObject([{ ok: false, failure: jobFailed }]);
  });

  it("a job that cannot be submitted fails its run, without a job.finished", () => {
    const refused = { reason: "job", cause: "not_started", message: "invalid partition" } as const;
    const events = played({}, { submit$: () => failing$(refused) });
    expect(only(events, "job.submitted")).toEqual([]);
    expect(only(events, "job.finished")).toEqual([]);
    expect(only(events, "run.finished")).toMatchObject([{ ok: false, failure: refused }]);
  });

  it("with -s, runs have no jobs, but their tasks are done", () => {
    const events = played({ pre_run: [execute], post_run: [execute] }, {}, { submission: false });
    expect(types(events).filter((type) => type.startsWith("job."))).toEqual([]);
    expect(only(events, "task.finished").map(({ task }) => task)).toEqual(["pre_run[0]", "post_run[0]"]);
    expect(only(events, "run.finished")).toMatchObject([{ ok: true, at: 10 }]);
  });

  it("a batch without a job file has no jobs", () => {
    const { job_file: _, ...jobless } = batchOf({ runs: 1, post_run: [execute] });
    const events = play(() => ensemble$(contextOf(planOf([jobless]))));
    expect(types(events).filter((type) => type.startsWith("job."))).toEqual([]);
    expect(only(events, "run.finished")).toMatchObject([{ ok: true, at: 5 }]);
  });
});

describe("a submission without a job", () => {
  it("if a submission yields no job, it is repeated under another token, after the new intent is on disk", () => {
    const order: string[] = [];
    const { submit$ } = submitting(EMPTY, EMPTY);
    const world: World = {
      commit$: () => defer(() => (order.push("commit"), EMPTY)),
      backend: {
        submit$: (request) => defer(() => (order.push("submits", request.token), submit$(request))),
      },
    };
    const events = play(() =>
      ensemble$(contextOf(planOf([batchOf({ runs: 1 })]), world)).pipe(
        map((fact) => {
          if (fact.type === "job.submitting") order.push("intends", fact.token ?? "nothing");
          if (fact.type === "job.submitted") order.push(`has ${fact.job}`);
          return fact;
        }),
      ),
    );
    const tries = ["job", "job-2", "job-3"].map((what) => `1.b-0.1.1.${what}`);
    expect(order.slice(order.indexOf("intends"))).toEqual([
      ...tries.flatMap((token) => ["intends", token, "commit", "submits", token]),
      "has 3",
    ]);
    expect(only(events, "run.finished")).toMatchObject([{ ok: true }]);
  });

  it("a submission is not repeated if the scheduler rejects the job, or accepts it", () => {
    const { tokens, submit$ } = submitting(failing$(jobFailed));
    expect(only(played({}, { submit$ }), "run.finished")).toMatchObject([{ ok: false, failure: jobFailed }]);
    expect(tokens).toHaveLength(1);
    const accepting = submitting(of({ job: "1" }));
    played({}, accepting);
    expect(accepting.tokens).toHaveLength(1);
  });

  it("a run keeps its slot while its submission is repeated", () => {
    const { tokens, submit$ } = submitting(timer(50).pipe(map((): Handover => ({ waiting: "busy" }))));
    const events = played({ runs: 2, maxjobs: 1 }, { submit$ });
    expect(tokens).toEqual(["1.b-0.1.1.job", "1.b-0.1.1.job-2", "1.b-1.1.1.job"]);
    expect(only(events, "job.submitting").map(({ run, at }) => [run, at])).toEqual([
      ["b-0", 0],
      ["b-0", 50],
      ["b-1", 150],
    ]);
  });
});

describe("a submission that has to wait", () => {
  it("a submission that has to wait emits run.waiting, and again when the reason changes", () => {
    const events = played({}, submitting(concat(waiting("busy", 10), waiting("full", 10), of({ job: "1" }))));
    expect(only(events, "run.waiting")).toEqual([
      { type: "run.waiting", because: "scheduler", message: "busy", ...ids, at: 10 },
      { type: "run.waiting", because: "scheduler", message: "full", ...ids, at: 20 },
    ]);
    expect(only(events, "job.submitted")).toMatchObject([{ job: "1", at: 20 }]);
  });

  it("a submission that has to wait emits run.waiting, even if its run has already emitted one for a slot", () => {
    const events = played({ runs: 2, maxjobs: 1 }, submitting(EMPTY, of({ job: "1" }), waiting("busy", 10)));
    expect(only(events, "run.waiting").map(({ run, because }) => [run, because])).toEqual([
      ["b-1", "maxjobs"],
      ["b-1", "scheduler"],
    ]);
  });

  it("a submission that waits and then completes without a job is repeated under another token", () => {
    let watched = 0;
    const { tokens, submit$ } = submitting(waiting("busy", 10));
    const watch$ = (job: string) => defer(() => (watched++, job === "2" ? ending$(100) : EMPTY));
    const events = played({}, { submit$, watch$ });
    expect(tokens).toEqual(["1.b-0.1.1.job", "1.b-0.1.1.job-2"]);
    expect(types(events).filter((type) => type.startsWith("job.") || type === "run.waiting")).toEqual([
      "job.submitting",
      "run.waiting",
      "job.submitting",
      "job.submitted",
      "job.finished",
    ]);
    expect(watched).toBe(1);
  });
});

describe("a job that vanishes", () => {
  it("every request but the first of a run is a retry", () => {
    const requests: JobRequest[] = [];
    const submit$ = (request: JobRequest) => defer(() => of({ job: `${requests.push(request)}` }));
    played({}, { submit$, ...ending(vanished) });
    expect(requests.map(({ retry }) => retry)).toEqual([undefined, true]);
  });

  it("a job that vanishes is submitted again, and job.vanished carries the evidence", () => {
    const { tokens, submit$ } = submitting();
    const events = played({}, { submit$, ...ending(vanished, vanished) });
    const [first, second, third] = tokens;
    expect(tokens).toEqual(["job", "job-2", "job-3"].map((what) => `1.b-0.1.1.${what}`));
    const submission = (token: string | undefined, job: string, at: number) => [
      { type: "job.submitting", script: "job.sh", token, ...ids, at },
      { type: "job.submitted", job, ...ids, at },
    ];
    const vanishes = { type: "job.vanished", evidence: { squeue: "unknown", sacct: "none" }, ...ids };
    expect(events.filter(({ type }) => type.startsWith("job."))).toEqual([
      ...submission(first, "1", 0),
      { ...vanishes, job: "1", at: 100 },
      ...submission(second, "2", 100),
      { ...vanishes, job: "2", at: 200 },
      ...submission(third, "3", 200),
      { type: "job.finished", job: "3", ...ids, ok: true, elapsed_s: 0.1, at: 300 },
    ]);
    expect(only(events, "run.finished")).toMatchObject([{ ok: true }]);
  });

  it.each([
    ["failed", ending({ state: "ended", failure: jobFailed }), jobFailed],
    ["is lost", ending({ state: "ended", failure: lost }), lost],
    ["is no longer watched by its backend", { watch$: () => EMPTY }, lost],
    ["succeeded", ending({ state: "ended" }), undefined],
  ])("a job that %s is not submitted again", (_, backend, failure) => {
    const { tokens, submit$ } = submitting();
    const events = played({}, { submit$, ...backend });
    expect(tokens).toHaveLength(1);
    expect(only(events, "run.finished")).toMatchObject([failure === undefined ? { ok: true } : { ok: false, failure }]);
  });

  it("a job that vanishes keeps its slot until it is submitted again", () => {
    const { tokens, submit$ } = submitting();
    const events = played({ runs: 3, maxjobs: 1 }, { submit$, ...ending(vanished) });
    expect(tokens).toEqual(["1.b-0.1.1.job", "1.b-0.1.1.job-2", "1.b-1.1.1.job", "1.b-2.1.1.job"]);
    expect(only(events, "job.submitting").map(({ run, at }) => [run, at])).toEqual([
      ["b-0", 0],
      ["b-0", 100],
      ["b-1", 200],
      ["b-2", 300],
    ]);
  });

  it("a job that is submitted again waits for room in the scheduler, as at first", () => {
    const { polls, count$ } = counting(0, 2, 0);
    const events = played({ maxjobs: 2 }, { ...ending(vanished), count$ }, { check_timeout: 10 });
    expect(polls).toHaveLength(3);
    expect(only(events, "run.waiting")).toMatchObject([{ because: "maxjobs", at: 101 }]);
    expect(only(events, "job.submitting").map(({ at }) => at)).toEqual([0, 10_101]);
  });

  it("a job that vanishes and cannot be submitted again fails its run", () => {
    const submit$ = submitting(of({ job: "1" }), failing$(jobFailed)).submit$;
    const events = played({}, { submit$, ...ending(vanished) });
    expect(only(events, "job.finished")).toEqual([]);
    expect(only(events, "run.finished")).toMatchObject([{ ok: false, failure: jobFailed }]);
  });
});

describe("maxjobs", () => {
  it("maxjobs limits the jobs of a batch", () => {
    const events = played({ runs: 20, maxruns: 8, maxjobs: 3 });
    expect(peak(events, "job.submitting", "job.finished")).toBe(3);
    expect(only(events, "run.finished").filter(({ ok }) => ok)).toHaveLength(20);
  });

  it("maxjobs limits each batch by itself", () => {
    const events = play(() =>
      ensemble$(
        contextOf(planOf([batchOf({ name: "a", maxjobs: 1 }), batchOf({ name: "z", maxjobs: 2 })]), {
          backend: { count$: () => of(0) },
        }),
      ),
    );
    expect(peak(events, "job.submitting", "job.finished")).toBe(3);
  });

  it("a run that waits for maxjobs emits run.waiting once", () => {
    const events = played({ runs: 3, maxjobs: 1 });
    expect(only(events, "run.waiting").map(({ run, because, at }) => [run, because, at])).toEqual([
      ["b-1", "maxjobs", 0],
      ["b-2", "maxjobs", 0],
    ]);
    expect(only(events, "job.submitting").map(({ run, at }) => [run, at])).toEqual([
      ["b-0", 0],
      ["b-1", 101],
      ["b-2", 202],
    ]);
  });

  it("maxjobs counts the jobs of other programs too, in a poll every check_timeout seconds", () => {
    const { polls, count$ } = counting(2, 5, 1);
    const events = played({ maxjobs: 2 }, { count$ }, { check_timeout: 10 });
    expect(polls).toEqual(["b-", "b-", "b-"]);
    expect(only(events, "run.waiting")).toMatchObject([{ because: "maxjobs", at: 0 }]);
    expect(only(events, "job.submitting")).toMatchObject([{ at: 20_000 }]);
  });

  it("a run that waits for a slot and then for the scheduler emits one run.waiting", () => {
    const events = played({ runs: 2, maxjobs: 1 }, counting(0, 1, 0), { check_timeout: 10 });
    expect(only(events, "run.waiting").map(({ run, at }) => [run, at])).toEqual([["b-1", 0]]);
    expect(only(events, "job.submitting").map(({ at }) => at)).toEqual([0, 10_101]);
  });

  it("with -c, the scheduler is not polled for maxjobs", () => {
    const { polls, count$ } = counting(99);
    const events = played({ runs: 4, maxjobs: 1 }, { count$ }, { checks: false });
    expect(polls).toEqual([]);
    expect(peak(events, "job.submitting", "job.finished")).toBe(1);
    expect(only(events, "run.finished").every(({ ok }) => ok)).toBe(true);
  });

  it("the slot of a job that failed goes to the next run", () => {
    const events = played(
      { runs: 3, maxjobs: 1 },
      { submit$: ({ name }) => (name === "b-1" ? failing$(jobFailed) : timer(1).pipe(map(() => ({ job: name })))) },
    );
    expect(only(events, "run.finished").map(({ run, ok }) => [run, ok])).toEqual([
      ["b-0", true],
      ["b-1", false],
      ["b-2", true],
    ]);
  });

  it("maxjobs does not count a run that is in post_run", () => {
    const events = played({ runs: 2, maxjobs: 1, post_run: [execute] });
    const [, second] = only(events, "job.submitting");
    const [first] = only(events, "run.finished");
    expect(second?.at).toBeLessThan(first?.at ?? 0);
  });
});

describe("the random wait before a submission", () => {
  it("the random wait comes before the intent, and is as long as -ms allows", () => {
    const random = vi.spyOn(Math, "random").mockReturnValue(0.25);
    const events = played({ runs: 2 }, {}, { max_stagger: 8 });
    random.mockRestore();
    expect(only(events, "job.submitting").map(({ at }) => at)).toEqual([2000, 2000]);
  });

  it("each job draws its own random wait", () => {
    const random = vi.spyOn(Math, "random").mockReturnValueOnce(0.5).mockReturnValueOnce(0);
    const events = played({ runs: 2 }, {}, { max_stagger: 2 });
    random.mockRestore();
    expect(only(events, "job.submitting").map(({ run, at }) => [run, at])).toEqual([
      ["b-1", 0],
      ["b-0", 1000],
    ]);
  });
});

describe("post_run_on_failure", () => {
  const playedWithFailedJob = (batch: Parameters<typeof batchOf>[0], world: World = {}) =>
    play(() =>
      ensemble$(
        contextOf(planOf([batchOf({ runs: 1, post_run: [execute, execute], post_run_on_failure: true, ...batch })]), {
          ...world,
          backend: { watch$: () => ending$(100, jobFailed) },
        }),
      ),
    );

  it("post_run_on_failure does post_run for a run whose job failed, and the run still fails", () => {
    const events = playedWithFailedJob({});
    expect(only(events, "task.finished").map(({ task, ok }) => [task, ok])).toEqual([
      ["post_run[0]", true],
      ["post_run[1]", true],
    ]);
    expect(only(events, "run.finished")).toMatchObject([{ ok: false, failure: jobFailed, at: 111 }]);
  });

  it("with post_run_on_failure, a run fails for the failure of its job even if post_run fails too", () => {
    const sameFailure = playedWithFailedJob({}, { perform$: () => failing$(jobFailed) });
    expect(only(sameFailure, "task.started")).toHaveLength(1);
    const refused = { reason: "refused", path: "/", message: "no" } as const;
    const otherFailure = playedWithFailedJob({}, { perform$: () => failing$(refused) });
    expect(only(otherFailure, "task.finished")).toMatchObject([{ ok: false, failure: { reason: "refused" } }]);
    expect(only(otherFailure, "run.finished")).toMatchObject([{ ok: false, failure: jobFailed }]);
  });

  it("post_run_on_failure does post_run once for a run whose job succeeded", () => {
    const events = played({ post_run: [execute], post_run_on_failure: true });
    expect(only(events, "task.started")).toHaveLength(1);
    expect(only(events, "run.finished")).toMatchObject([{ ok: true }]);
  });

  it("post_run_on_failure does nothing for a run that failed before its job", () => {
    const events = playedWithFailedJob(
      { pre_run: [execute] },
      { perform$: () => failing$({ reason: "refused", path: "/", message: "no" }) },
    );
    expect(only(events, "task.started").map(({ task }) => task)).toEqual(["pre_run[0]"]);
    expect(only(events, "run.finished")).toMatchObject([{ ok: false, failure: { reason: "refused" } }]);
  });
});

describe("a teardown", () => {
  const contextWith = (submitted: string[]) =>
    contextOf(planOf([batchOf({ runs: 20, maxruns: 10, pre_run: [execute], post_run: [execute] })]), {
      backend: {
        submit$: ({ name }) =>
          defer(() => {
            submitted.push(name);
            return timer(1).pipe(map(() => ({ job: `j-${name}` })));
          }),
      },
    });

  it("an unsubscription at any event ends all submissions, and every submission follows its intent", () => {
    const whole = play(() => ensemble$(contextWith([]))).length;
    expect(whole).toBeGreaterThan(200);
    for (let cut = 1; cut <= whole; cut += 1) {
      const submitted: string[] = [];
      const events = play(() => ensemble$(contextWith(submitted)).pipe(take(cut)));
      const intents = only(events, "job.submitting").map(({ run }) => run);
      // If the last event is an intent, the unsubscription came before the submission.
      const due = events.at(-1)?.type === "job.submitting" ? intents.slice(0, -1) : intents;
      expect(submitted, `cut after ${cut}`).toEqual(due);
    }
  });

  it("an unsubscription at any time ends all submissions", () => {
    for (let ms = 0; ms < 230; ms += 3) {
      const submitted: string[] = [];
      let before: readonly string[] = [];
      play(
        () => ensemble$(contextWith(submitted)),
        (playing) => {
          subscribe(timer(ms), () => {
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
  it("runs have the directories and indexes of the plan", () => {
    expect(only(played({ runs: 2 }, { watch$: () => EMPTY }), "run.started")).toMatchObject(
      runsOf("b", 2).map(({ id, index, directory }) => ({ run: id, index, directory })),
    );
  });
});
