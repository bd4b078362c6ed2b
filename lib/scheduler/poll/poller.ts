/** One shared poll of the queue for all jobs, no more often than a watcher needs. */
import {
  asyncScheduler,
  concat,
  concatMap,
  defer,
  EMPTY,
  filter,
  finalize,
  forkJoin,
  map,
  merge,
  type Observable,
  of,
  repeat,
  Subject,
  share,
  switchMap,
  take,
  tap,
} from "rxjs";
import type { BackendNotice } from "../../events/event.js";
import { after } from "../../operators/after.js";
import type { ExecResult } from "../../system/processes/exec.js";
import type { QueueRow } from "../answers.js";
import type { Dialect, QueueUser } from "../dialect.js";
import type { Accounting } from "./accounting.js";
import { LONGEST_S, openSilence, type Pace } from "./silence.js";
import { type ClusterAnswer, type Snapshot, snapshotOf } from "./snapshot.js";

export interface Poller {
  /** Each poll that succeeds, for as long as it is subscribed to. All subscribers share the polls. */
  readonly snapshot$: Observable<Snapshot>;
  /** A snapshot that is at most so many seconds old. */
  recent$(age_s: number): Observable<Snapshot>;
  /** Makes the next poll due within so many seconds. */
  pollWithin(seconds: number): void;
  /** The names of jobs that have not ended, as each cluster last showed them. */
  names(): readonly string[];
  readonly notice$: Observable<BackendNotice>;
}

export interface PollerOptions {
  readonly dialect: Pick<Dialect, "programs" | "queueArguments" | "queueRows">;
  /** Runs the queue program. */
  readonly run: (words: readonly string[]) => Observable<ExecResult>;
  readonly accounting: Accounting;
  readonly owner: QueueUser;
  readonly pace: Pace;
  /** Other clusters that have jobs of ours. */
  readonly clusters: () => Iterable<string>;
}

/** An answer that takes so long is a sign of an overloaded server. */
const SLOW_MS = 5000;

export const openPoller = (options: PollerOptions): Poller => {
  const { dialect, accounting, pace, clusters } = options;
  const silence = openSilence(dialect.programs.queue, pace);
  const sooner$ = new Subject<void>();
  const names = new Map<string | undefined, readonly string[]>();
  let last: Snapshot | undefined;
  let slowdown = 1;
  let isPolling = false;
  /** When the next poll is due, while the poller waits for it; and the time that was asked for before that. */
  let [due, askedFor] = [NEVER, NEVER];

  const poll$ = defer(() => {
    const at = asyncScheduler.now();
    isPolling = true;
    const all = [...new Set([undefined, ...clusters()])];
    // A cluster that does not answer does not hold up the others. Where there is no other, `pause$` has waited for it.
    const asked = all.filter((cluster) => all.length === 1 || silence.pauseLeft_s(cluster) === 0);
    const answers = new Map<string | undefined, ClusterAnswer>(all.map((cluster) => [cluster, { cluster }]));
    const answered = asked.map((cluster) =>
      silence.reportOverdue(cluster, answer$(options, cluster)).pipe(
        tap((answer) => {
          if (answer.is === "failed") return silence.noteFailure(cluster, answer.result);
          answers.set(cluster, { cluster, rows: answer.rows });
          silence.noteAnswer(cluster);
        }),
      ),
    );
    return (answered.length === 0 ? of([]) : forkJoin(answered)).pipe(
      map(() => {
        slowdown = asyncScheduler.now() - at > SLOW_MS ? Math.min(slowdown * 2, LONGEST_S / pace.every) : 1;
        const snapshot = snapshotOf(at, [...answers.values()], accounting);
        if (snapshot.silent.size === all.length) return undefined;
        for (const [cluster, live] of snapshot.names) names.set(cluster, live);
        last = snapshot;
        return snapshot;
      }),
      finalize(() => {
        isPolling = false;
      }),
    );
  });

  const pause$ = defer(() => {
    const now = asyncScheduler.now();
    const others = [...clusters()].some((cluster) => !silence.isAway(cluster));
    // While the scheduler is away, no watcher brings the next poll forward.
    const nothingToAsk = silence.isAway(undefined) && !others;
    const seconds = nothingToAsk ? silence.pauseLeft_s(undefined) : pace.every * Math.max(1, slowdown);
    due = Math.min(now + seconds * 1000, nothingToAsk ? NEVER : Math.max(now, askedFor));
    askedFor = NEVER;
    return concat(of(undefined), sooner$).pipe(
      switchMap(() => after(Math.max(0, due - asyncScheduler.now()) / 1000)),
      take(1),
      finalize(() => {
        due = NEVER;
      }),
    );
  });

  const snapshot$ = poll$.pipe(
    repeat({ delay: () => pause$ }),
    filter((snapshot) => snapshot !== undefined),
    finalize(() => {
      askedFor = NEVER;
    }),
    share(),
  );

  const pollWithin = (seconds: number) => {
    // A poll that is under way is soon enough.
    if (isPolling && seconds <= 0) return;
    const at = asyncScheduler.now() + seconds * 1000;
    if (due === NEVER) askedFor = Math.min(askedFor, at);
    else if (at < due && !silence.isAway(undefined)) {
      due = at;
      sooner$.next();
    }
  };

  const recent$ = (age_s: number): Observable<Snapshot> =>
    defer(() => {
      if (last !== undefined && asyncScheduler.now() - last.at <= age_s * 1000) return of(last);
      return merge(
        // Subscribed to first: a poll that `pollWithin` makes due at once must not be missed.
        snapshot$.pipe(take(1)),
        defer(() => {
          pollWithin(0);
          return EMPTY;
        }),
      ).pipe(take(1));
    });

  return { snapshot$, recent$, pollWithin, names: () => [...names.values()].flat(), notice$: silence.notice$ };
};

const NEVER = Number.POSITIVE_INFINITY;

type Answer =
  | { readonly is: "rows"; readonly rows: readonly QueueRow[] }
  | { readonly is: "failed"; readonly result: ExecResult };

/** The rows of a cluster, by as many queries as the dialect needs; or the first result that is a failure. */
const answer$ = (
  options: Pick<PollerOptions, "dialect" | "run" | "owner">,
  cluster: string | undefined,
  texts: readonly string[] = [],
): Observable<Answer> =>
  defer((): Observable<Answer> => {
    const { dialect, run, owner } = options;
    const words = dialect.queueArguments({ ...owner, cluster }, texts);
    if (words === undefined) {
      const rows = dialect.queueRows(texts);
      return of(rows === undefined ? { is: "failed", result: NOT_WHOLE } : { is: "rows", rows });
    }
    return run(words).pipe(
      concatMap((result) =>
        result.status === 0
          ? answer$(options, cluster, [...texts, result.stdout])
          : of({ is: "failed" as const, result }),
      ),
    );
  });

const NOT_WHOLE: ExecResult = { status: null, stdout: "", stderr: "", problem: "an answer that is not whole" };
