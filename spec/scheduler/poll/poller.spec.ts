/** How often the poller runs squeue and asks accounting, for any number of watchers. */
import { asyncScheduler, map, type Observable, of, takeUntil, timer } from "rxjs";
import { expect, it } from "vitest";
import { SLURM } from "../../../lib/backends/slurm/dialect.js";
import { SEPARATOR } from "../../../lib/backends/slurm/queue-output.js";
import { openPoller, type Poller } from "../../../lib/scheduler/poll/poller.js";
import { subscribe, virtual } from "../../support/virtual.js";

const rowOf = (id: number): string =>
  `${[id, id, "RUNNING", "2026-01-01T00:00:00", "None", `tst-${id}`, `me:a.${id}`].join(SEPARATOR)}\n`;

/**
 * Lets a poller work for so many seconds. Returns in which seconds it ran squeue, the jobs of each query of accounting,
 * and its notices.
 */
const pollFor = (
  seconds: number,
  { answers = () => true, takes_s = 0 }: { answers?: (poll: number) => boolean; takes_s?: number },
  act: (poller: Poller, until: <T>(source: Observable<T>) => Observable<T>) => void,
) => {
  const [polls, accounts, notices]: [number[], (readonly string[])[], string[]] = [[], [], []];
  virtual().run(({ flush }) => {
    const poller = openPoller({
      dialect: SLURM,
      run: () => {
        const ok = answers(polls.length);
        polls.push(Math.round(asyncScheduler.now() / 1000));
        const stdout = ok ? [1, 2, 3].map(rowOf).join("") : "";
        return timer(takes_s * 1000).pipe(map(() => ({ status: ok ? 0 : 1, stdout, stderr: "slurm_load_jobs error" })));
      },
      accounting: {
        of$: (jobs) => {
          accounts.push(jobs);
          return of("off");
        },
        all$: () => of("off"),
      },
      owner: { uid: 1, user: "me" },
      pace: { every: 60, after_failure: 120 },
      clusters: () => [],
    });
    const end$ = timer(seconds * 1000);
    subscribe(poller.notice$.pipe(takeUntil(end$)), ({ type }) => notices.push(type));
    act(poller, (source) => source.pipe(takeUntil(end$)));
    flush();
  });
  return { polls, accounts, notices };
};

it("the poller runs squeue once a poll, for any number of watchers", () => {
  const { polls } = pollFor(200, {}, ({ snapshot$ }, until) => {
    for (let watcher = 0; watcher < 1000; watcher += 1) subscribe(until(snapshot$));
  });
  expect(polls).toEqual([0, 60, 120, 180]);
});

it("the poller polls sooner when a watcher wants it, and then at its own pace", () => {
  const { polls } = pollFor(150, {}, (poller, until) => {
    subscribe(until(poller.snapshot$));
    subscribe(timer(10_000), () => poller.pollWithin(20));
    subscribe(timer(11_000), () => poller.pollWithin(50));
  });
  expect(polls).toEqual([0, 30, 90]);
});

it("the poller backs off from a Slurm that does not answer, whatever watchers want, and reports that once", () => {
  const { polls, notices } = pollFor(2500, { answers: (poll) => poll > 4 }, (poller, until) => {
    subscribe(until(poller.snapshot$));
    subscribe(until(timer(0, 1000)), () => poller.pollWithin(0));
  });
  expect(polls.slice(0, 6)).toEqual([0, 120, 360, 600, 840, 1080]);
  expect(notices).toEqual(["backend.silent", "backend.answered"]);
});

it("the poller polls less often when answers are slow", () => {
  const { polls } = pollFor(600, { takes_s: 6 }, ({ snapshot$ }, until) => void subscribe(until(snapshot$)));
  expect(polls).toEqual([0, 126, 372]);
});

it("the poller polls again for a recent snapshot only when its last one is too old", () => {
  const { polls } = pollFor(100, {}, (poller, until) => {
    for (const second of [0, 1, 5, 29, 31])
      subscribe(until(timer(second * 1000)), () => void subscribe(until(poller.recent$(30))));
  });
  expect(polls).toEqual([0, 31]);
});

it("a watcher who comes during a poll shares that poll", () => {
  const { polls } = pollFor(50, { takes_s: 3 }, (poller, until) => {
    subscribe(until(poller.snapshot$));
    subscribe(until(timer(1000)), () => void subscribe(until(poller.recent$(0))));
  });
  expect(polls).toEqual([0]);
});

it("one query of accounting asks for all jobs that a snapshot does not show", () => {
  const { accounts } = pollFor(30, {}, ({ snapshot$ }, until) => {
    for (const id of ["7", "8", "9"])
      subscribe(until(snapshot$), ({ account$ }) => void subscribe(until(account$(id))));
  });
  expect(accounts).toEqual([["7", "8", "9"]]);
});
