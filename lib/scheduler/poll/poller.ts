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
  ignoreElements,
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
import { complaintOf, type ExecResult } from "../../system/processes/exec.js";
import type { QueueRow } from "../answers.js";
import type { Dialect, QueueUser } from "../dialect.js";
import type { Accounting } from "./accounting.js";
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

/** In seconds. */
export interface Pace {
  readonly every: number;
  /** After a failed poll; twice as long after each further failure. */
  readonly after_failure: number;
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

/** After so many seconds without an answer, the program tells the user that it waits for one. */
export const OVERDUE_S = 30;

/**
 * The longest pause between two polls while the scheduler is away, unless the pace itself is slower. A queue shows ended
 * jobs for five minutes by default, and the program must not miss what a returning scheduler shows.
 */
const LONGEST_S = 240;

/** An answer that takes so long is a sign of an overloaded server. */
const SLOW_MS = 5000;

export const openPoller = ({ dialect, run, accounting, owner, pace, clusters }: PollerOptions): Poller => {
  const { queue } = dialect.programs;
  const notice$ = new Subject<BackendNotice>();
  const sooner$ = new Subject<void>();
  /** Clusters that have not answered: how often, and until when they are left alone. */
  const away = new Map<string | undefined, { readonly failures: number; readonly until: number }>();
  /** Clusters whose silence was reported, and whether with a reason. */
  const reported = new Map<string | undefined, "overdue" | "complained">();
  const names = new Map<string | undefined, readonly string[]>();
  let last: Snapshot | undefined;
  let slow = 1;
  let polling = false;
  /** When the next poll is due, while the poller waits for it; and when one was asked for before that. */
  let [due, wanted] = [NEVER, NEVER];

  const poll$ = (): Observable<Snapshot | undefined> =>
    defer(() => {
      const at = asyncScheduler.now();
      polling = true;
      const all = [...new Set([undefined, ...clusters()])];
      // A cluster that does not answer does not hold up the others.
      const open = all.filter((cluster) => all.length === 1 || (away.get(cluster)?.until ?? 0) <= at);
      const answers = new Map<string | undefined, ClusterAnswer>(all.map((cluster) => [cluster, { cluster }]));
      const asked = open.map((cluster) =>
        overdue$(cluster, answer$(cluster)).pipe(
          tap((answer) => {
            if ("status" in answer) return missed(cluster, answer);
            answers.set(cluster, { cluster, rows: answer });
            answered(cluster);
          }),
        ),
      );
      const answered$ = asked.length === 0 ? of([]) : forkJoin(asked);
      return answered$.pipe(
        map(() => {
          slow = asyncScheduler.now() - at > SLOW_MS ? Math.min(slow * 2, LONGEST_S / pace.every) : 1;
          const snapshot = snapshotOf(at, [...answers.values()], accounting);
          if (snapshot.silent.size === all.length) return undefined;
          for (const [cluster, live] of snapshot.names) names.set(cluster, live);
          last = snapshot;
          return snapshot;
        }),
        finalize(() => {
          polling = false;
        }),
      );
    });

  /** The rows of a cluster, by as many queries as the dialect needs; or the first answer that is a failure. */
  const answer$ = (
    cluster: string | undefined,
    texts: readonly string[] = [],
  ): Observable<readonly QueueRow[] | ExecResult> =>
    defer(() => {
      const words = dialect.queueArguments({ ...owner, cluster }, texts);
      if (words === undefined) return of(dialect.queueRows(texts) ?? NOT_WHOLE);
      return run(words).pipe(
        concatMap((answer) => (answer.status === 0 ? answer$(cluster, [...texts, answer.stdout]) : of(answer))),
      );
    });

  /** Tells of a cluster that lets the program wait, before it gives that cluster up. */
  const overdue$ = <T>(cluster: string | undefined, answer$: Observable<T>): Observable<T> => {
    const report$ = after(OVERDUE_S).pipe(
      tap(() => silent(cluster, "overdue", `no answer for ${OVERDUE_S} s; the program waits for one`)),
    );
    return merge(answer$, report$.pipe(ignoreElements())).pipe(take(1));
  };

  const silent = (cluster: string | undefined, how: "overdue" | "complained", why: string) => {
    const before = reported.get(cluster);
    if (before === "complained" || before === how) return;
    reported.set(cluster, how);
    const where = cluster === undefined ? "" : ` for the cluster ${cluster}`;
    notice$.next({ type: "backend.silent", message: `${queue}${where}: ${why}` });
  };

  const answered = (cluster: string | undefined) => {
    away.delete(cluster);
    if (reported.delete(cluster) && reported.size === 0) notice$.next({ type: "backend.answered" });
  };

  const missed = (cluster: string | undefined, answer: ExecResult) => {
    const failures = (away.get(cluster)?.failures ?? 0) + 1;
    const seconds = Math.ceil(pauseAfter(pace, failures));
    away.set(cluster, { failures, until: asyncScheduler.now() + seconds * 1000 });
    const complaint = complaintOf(answer);
    const words = complaint.startsWith(`${queue}: `) ? complaint.slice(queue.length + 2) : complaint;
    silent(cluster, "complained", `${words}; the program concludes nothing from that and asks again in ${seconds} s`);
  };

  const isAway = () => away.has(undefined);

  const pause$ = defer(() => {
    const now = asyncScheduler.now();
    const others = [...clusters()].some((cluster) => !away.has(cluster));
    // A scheduler that is away is not polled sooner because a watcher would like it.
    const alone = isAway() && !others;
    const pause = Math.max(0, ((away.get(undefined)?.until ?? now) - now) / 1000);
    const seconds = alone ? pause : pace.every * Math.max(1, slow);
    due = Math.min(now + seconds * 1000, alone ? NEVER : Math.max(now, wanted));
    wanted = NEVER;
    return concat(of(undefined), sooner$).pipe(
      switchMap(() => after(Math.max(0, due - asyncScheduler.now()) / 1000)),
      take(1),
      finalize(() => {
        due = NEVER;
      }),
    );
  });

  const snapshot$ = defer(poll$).pipe(
    repeat({ delay: () => pause$ }),
    filter((snapshot) => snapshot !== undefined),
    finalize(() => {
      wanted = NEVER;
    }),
    share(),
  );

  const pollWithin = (seconds: number) => {
    // A poll that is under way is soon enough.
    if (polling && seconds <= 0) return;
    const at = asyncScheduler.now() + seconds * 1000;
    if (due === NEVER) wanted = Math.min(wanted, at);
    else if (at < due && !isAway()) {
      due = at;
      sooner$.next();
    }
  };

  return {
    snapshot$,
    recent$: (age_s) =>
      defer(() => {
        if (last !== undefined && asyncScheduler.now() - last.at <= age_s * 1000) return of(last);
        return merge(
          snapshot$.pipe(take(1)),
          defer(() => {
            pollWithin(0);
            return EMPTY;
          }),
        ).pipe(take(1));
      }),
    pollWithin,
    names: () => [...names.values()].flat(),
    notice$,
  };
};

const NEVER = Number.POSITIVE_INFINITY;

const NOT_WHOLE: ExecResult = { status: null, stdout: "", stderr: "", problem: "an answer that is not whole" };

const pauseAfter = ({ every, after_failure }: Pace, failures: number): number =>
  Math.min(after_failure * 2 ** (failures - 1), Math.max(LONGEST_S, every, after_failure));
