/** How often Slurm is asked, whoever wants to know. */
import { asyncScheduler, map, type Observable, of, takeUntil, timer } from "rxjs";
import { expect, it } from "vitest";
import { SLURM } from "../../../lib/backends/slurm/dialect.js";
import { SEPARATOR } from "../../../lib/backends/slurm/queue-output.js";
import { openPoller, type Poller } from "../../../lib/scheduler/poll/poller.js";
import { hear, virtual } from "../../support/virtual.js";

const rowOf = (id: number): string =>
  `${[id, id, "RUNNING", "2026-01-01T00:00:00", "None", `tst-${id}`, `me:a.${id}`].join(SEPARATOR)}\n`;

/** A Slurm that is watched for so many seconds: when it was asked, in seconds; for whom accounts were; what was told. */
const watched = (
  seconds: number,
  { answers = () => true, takes_s = 0 }: { answers?: (question: number) => boolean; takes_s?: number },
  act: (queue: Poller, until: <T>(source: Observable<T>) => Observable<T>) => void,
) => {
  const [asked, accounts, told]: [number[], (readonly string[])[], string[]] = [[], [], []];
  virtual().run(({ flush }) => {
    const queue = openPoller({
      dialect: SLURM,
      run: () => {
        const ok = answers(asked.length);
        asked.push(Math.round(asyncScheduler.now() / 1000));
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
    hear(queue.notice$.pipe(takeUntil(end$)), ({ type }) => told.push(type));
    act(queue, (source) => source.pipe(takeUntil(end$)));
    flush();
  });
  return { asked, accounts, told };
};

it("asks once a look, however many watch", () => {
  const { asked } = watched(200, {}, ({ snapshot$: look$ }, until) => {
    for (let watcher = 0; watcher < 1000; watcher += 1) hear(until(look$));
  });
  expect(asked).toEqual([0, 60, 120, 180]);
});

it("asks sooner for somebody who would like to know, and then at its pace", () => {
  const { asked } = watched(150, {}, (queue, until) => {
    hear(until(queue.snapshot$));
    hear(timer(10_000), () => queue.pollWithin(20));
    hear(timer(11_000), () => queue.pollWithin(50));
  });
  expect(asked).toEqual([0, 30, 90]);
});

it("asks less and less often where nobody answers, whoever would like to know, and tells of it once", () => {
  const { asked, told } = watched(2500, { answers: (question) => question > 4 }, (queue, until) => {
    hear(until(queue.snapshot$));
    hear(until(timer(0, 1000)), () => queue.pollWithin(0));
  });
  expect(asked.slice(0, 6)).toEqual([0, 120, 360, 600, 840, 1080]);
  expect(told).toEqual(["backend.silent", "backend.answered"]);
});

it("asks less often where answers take their time", () => {
  const { asked } = watched(600, { takes_s: 6 }, ({ snapshot$: look$ }, until) => void hear(until(look$)));
  expect(asked).toEqual([0, 126, 372]);
});

it("counts by a look that is not old", () => {
  const { asked } = watched(100, {}, (queue, until) => {
    for (const second of [0, 1, 5, 29, 31])
      hear(until(timer(second * 1000)), () => void hear(until(queue.recent$(30))));
  });
  expect(asked).toEqual([0, 31]);
});

it("does not ask twice where somebody comes while it asks", () => {
  const { asked } = watched(50, { takes_s: 3 }, (queue, until) => {
    hear(until(queue.snapshot$));
    hear(until(timer(1000)), () => void hear(until(queue.recent$(0))));
  });
  expect(asked).toEqual([0]);
});

it("asks for the accounts of all that are missing in a look at once", () => {
  const { accounts } = watched(30, {}, ({ snapshot$: look$ }, until) => {
    for (const id of ["7", "8", "9"]) hear(until(look$), ({ account$ }) => void hear(until(account$(id))));
  });
  expect(accounts).toEqual([["7", "8", "9"]]);
});
