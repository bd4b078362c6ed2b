/** One look for all: what squeue says of this user's jobs, asked as seldom as somebody needs it. */
import {
  asyncScheduler,
  concat,
  concatMap,
  defer,
  EMPTY,
  filter,
  forkJoin,
  map,
  merge,
  type Observable,
  of,
  repeat,
  Subject,
  share,
  shareReplay,
  switchMap,
  take,
  tap,
  timer,
} from "rxjs";
import type { BackendNotice } from "../../event.js";
import type { Answer } from "../../world/ask.js";
import { queueWords } from "./commands.js";
import { baseOf, clusterOf, keyOf } from "./job-id.js";
import { type Accounts, both, type Ledger } from "./ledger.js";
import { markIn } from "./own.js";
import { parseQueue, type Row } from "./rows.js";
import { meaningOf } from "./states.js";

/** A look that succeeded. */
export interface Look {
  /** When it was begun, in milliseconds. */
  readonly at: number;
  /** By job id: an array has a row for each part that differs. */
  readonly jobs: ReadonlyMap<string, readonly Row[]>;
  /** The id under which a mark is in the queue. */
  readonly marks: ReadonlyMap<string, string>;
  /** The names of those that have not ended. */
  readonly names: readonly string[];
  /** What accounting says of a job: asked once for all that are asked about in the same look. */
  readonly account$: (job: string) => Observable<Accounts>;
  /** The same for all jobs of this user. */
  readonly accounts$: Observable<Accounts>;
}

export interface Queue {
  /** Each look that succeeds, for as long as somebody watches. */
  readonly look$: Observable<Look>;
  /** One that is not older than so many seconds. */
  recent$(age_s: number): Observable<Look>;
  /** Somebody would like to know more within so many seconds. */
  soon(seconds: number): void;
  readonly notice$: Observable<BackendNotice>;
}

/** In seconds. */
export interface Pace {
  readonly every: number;
  /** After a look that failed; twice as long after each further one. */
  readonly after_failure: number;
}

export interface Asked {
  readonly ask: (words: readonly string[]) => Observable<Answer>;
  readonly ledger: Ledger;
  readonly uid: number;
  readonly pace: Pace;
  /** Other clusters that have jobs of ours. */
  readonly clusters: () => Iterable<string>;
}

/** Longer than that it is never waited between two looks, however long Slurm is away, unless the pace itself is slower. */
const LONGEST_S = 600;
/** An answer that took so long is a sign of a controller that has enough to do. */
const SLOW_MS = 5000;

export const openQueue = ({ ask, ledger, uid, pace, clusters }: Asked): Queue => {
  const notice$ = new Subject<BackendNotice>();
  const pull$ = new Subject<void>();
  let last: Look | undefined;
  let failures = 0;
  let slow = 1;
  /** When the next look is due, while it is waited for; and when somebody wants one. */
  let [due, wanted] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];

  const asked$ = (): Observable<Look | undefined> =>
    defer(() => {
      const at = asyncScheduler.now();
      const names = [undefined, ...clusters()];
      return forkJoin(names.map((cluster) => ask(queueWords(uid, cluster)))).pipe(
        map((answers) => {
          const failed = answers.find(({ status }) => status !== 0);
          if (failed !== undefined) return missed(failed);
          slow = asyncScheduler.now() - at > SLOW_MS ? Math.min(slow * 2, LONGEST_S / pace.every) : 1;
          if (failures > 0) notice$.next({ type: "backend.answered" });
          failures = 0;
          last = lookOf(at, names, answers, ledger);
          return last;
        }),
      );
    });

  const missed = (answer: Answer): undefined => {
    failures += 1;
    const seconds = Math.ceil(pauseAfter(pace, failures));
    if (failures === 1)
      notice$.next({
        type: "backend.silent",
        message: `${wordsOf(answer)}; nothing is concluded from that, and it is asked again in ${seconds} s`,
      });
    return undefined;
  };

  const waited$ = defer(() => {
    const now = asyncScheduler.now();
    // Who is away is not asked the sooner because somebody would like to know.
    const seconds = failures > 0 ? pauseAfter(pace, failures) : pace.every * Math.max(1, slow);
    due = Math.min(now + seconds * 1000, failures > 0 ? Number.POSITIVE_INFINITY : Math.max(now, wanted));
    wanted = Number.POSITIVE_INFINITY;
    return concat(of(undefined), pull$).pipe(
      switchMap(() => timer(Math.max(0, due - asyncScheduler.now()))),
      take(1),
      tap(() => {
        due = Number.POSITIVE_INFINITY;
      }),
    );
  });

  const look$ = defer(asked$).pipe(
    repeat({ delay: () => waited$ }),
    filter((look) => look !== undefined),
    share(),
  );

  const soon = (seconds: number) => {
    const at = asyncScheduler.now() + seconds * 1000;
    if (due === Number.POSITIVE_INFINITY) wanted = Math.min(wanted, at);
    else if (at < due && failures === 0) {
      due = at;
      pull$.next();
    }
  };

  return {
    look$,
    recent$: (age_s) =>
      defer(() => {
        if (last !== undefined && asyncScheduler.now() - last.at <= age_s * 1000) return of(last);
        return merge(
          look$.pipe(take(1)),
          defer(() => {
            soon(0);
            return EMPTY;
          }),
        ).pipe(take(1));
      }),
    soon,
    notice$,
  };
};

const pauseAfter = ({ every, after_failure }: Pace, failures: number): number =>
  Math.min(after_failure * 2 ** (failures - 1), Math.max(LONGEST_S, every, after_failure));

const wordsOf = ({ stderr, status, problem }: Answer): string => {
  const said =
    stderr
      .trim()
      .split("\n")
      .at(-1)
      ?.trim()
      .replace(/^squeue: /, "") ?? "";
  if (problem !== undefined) return problem === "ENOENT" ? "there is no squeue here" : `squeue: ${problem}`;
  return `squeue: ${said === "" ? `exit status ${String(status)}` : said}`;
};

const lookOf = (
  at: number,
  clusters: readonly (string | undefined)[],
  answers: readonly Answer[],
  ledger: Ledger,
): Look => {
  const jobs = new Map<string, Row[]>();
  const marks = new Map<string, string>();
  const names: string[] = [];
  answers.forEach(({ stdout }, index) => {
    for (const row of parseQueue(stdout)) {
      const key = keyOf(row.base, clusters[index]);
      const rows = jobs.get(key);
      if (rows === undefined) jobs.set(key, [row]);
      else rows.push(row);
      const mark = markIn(row.comment);
      if (mark !== undefined) marks.set(mark, key);
      if (meaningOf(row.state).is !== "ended") names.push(row.name);
    }
  });
  return { at, jobs, marks, names, account$: collecting(ledger), accounts$: allOf(ledger, clusters) };
};

/** Those who ask in the turn of the look itself are asked for together. */
const collecting = (ledger: Ledger): Look["account$"] => {
  const wanted = new Map<string | undefined, Set<string>>();
  const answers = new Map<string | undefined, Observable<Accounts>>();
  return (job) => {
    const cluster = clusterOf(job);
    const ids = wanted.get(cluster) ?? new Set();
    wanted.set(cluster, ids.add(baseOf(job)));
    const known = answers.get(cluster);
    if (known !== undefined) return known;
    const answer$ = timer(0).pipe(
      concatMap(() => ledger.of$([...ids], cluster)),
      shareReplay({ bufferSize: 1, refCount: false }),
    );
    answers.set(cluster, answer$);
    return answer$;
  };
};

const allOf = (ledger: Ledger, clusters: readonly (string | undefined)[]): Observable<Accounts> =>
  forkJoin(clusters.map((cluster) => ledger.all$(cluster))).pipe(
    map((all) => all.reduce(both)),
    shareReplay({ bufferSize: 1, refCount: false }),
  );
