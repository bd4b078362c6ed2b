/** One look for all: what squeue says of this user's jobs, asked as seldom as somebody needs it. */
import {
  asyncScheduler,
  concat,
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
import { queueWords } from "../../backends/slurm/commands.js";
import type { BackendNotice } from "../../events/event.js";
import { after } from "../../operators/after.js";
import type { ExecResult } from "../../system/processes/exec.js";
import { complaintOf } from "../../system/processes/exec.js";
import type { Accounting } from "./accounting.js";
import { type ClusterAnswer, type Snapshot, snapshotOf } from "./snapshot.js";

export interface Poller {
  /** Each look that succeeds, for as long as somebody watches. */
  readonly snapshot$: Observable<Snapshot>;
  /** One that is not older than so many seconds. */
  recent$(age_s: number): Observable<Snapshot>;
  /** Somebody would like to know more within so many seconds. */
  pollWithin(seconds: number): void;
  /** The names of jobs that have not ended, where each cluster was last seen. */
  names(): readonly string[];
  readonly notice$: Observable<BackendNotice>;
}

/** In seconds. */
export interface Pace {
  readonly every: number;
  /** After a look that failed; twice as long after each further one. */
  readonly after_failure: number;
}

export interface PollerOptions {
  readonly ask: (words: readonly string[]) => Observable<ExecResult>;
  readonly accounting: Accounting;
  readonly uid: number;
  readonly pace: Pace;
  /** Other clusters that have jobs of ours. */
  readonly clusters: () => Iterable<string>;
}

/**
 * Longer than that it is never waited between two looks, however long Slurm is away, unless the pace itself is slower:
 * by default the queue tells of an end for five minutes, and nothing that comes back with Slurm is to be missed.
 */
const LONGEST_S = 240;

/** An answer that took so long is a sign of a controller that has enough to do. */
const SLOW_MS = 5000;

export const openPoller = ({ ask, accounting, uid, pace, clusters }: PollerOptions): Poller => {
  const notice$ = new Subject<BackendNotice>();
  const pull$ = new Subject<void>();
  /** Clusters that have not answered: how often, and until when they are left alone. */
  const away = new Map<string | undefined, { readonly failures: number; readonly until: number }>();
  /** Those of whose silence was told, and whether they have said why. */
  const told = new Map<string | undefined, "overdue" | "complained">();
  const names = new Map<string | undefined, readonly string[]>();
  let last: Snapshot | undefined;
  let slow = 1;
  let asking = false;
  /** When the next look is due, while it is waited for; and when somebody wants one. */
  let [due, wanted] = [NEVER, NEVER];

  const asked$ = (): Observable<Snapshot | undefined> =>
    defer(() => {
      const at = asyncScheduler.now();
      asking = true;
      const all = [...new Set([undefined, ...clusters()])];
      // One that does not answer does not hold up the others.
      const open = all.filter((cluster) => all.length === 1 || (away.get(cluster)?.until ?? 0) <= at);
      const answers = new Map<string | undefined, ClusterAnswer>(all.map((cluster) => [cluster, { cluster }]));
      const questions = open.map((cluster) =>
        overdue$(cluster, ask(queueWords(uid, cluster))).pipe(
          tap((answer) => {
            if (answer.status !== 0) return missed(cluster, answer);
            answers.set(cluster, { cluster, answer });
            heard(cluster);
          }),
        ),
      );
      const answered$ = questions.length === 0 ? of([]) : forkJoin(questions);
      return answered$.pipe(
        map(() => {
          slow = asyncScheduler.now() - at > SLOW_MS ? Math.min(slow * 2, LONGEST_S / pace.every) : 1;
          const look = snapshotOf(at, [...answers.values()], accounting);
          if (look.silent.size === all.length) return undefined;
          for (const [cluster, live] of look.names) names.set(cluster, live);
          last = look;
          return look;
        }),
        finalize(() => {
          asking = false;
        }),
      );
    });

  /** Tells of one that lets wait, before it is given up. */
  const overdue$ = (cluster: string | undefined, answer$: Observable<ExecResult>): Observable<ExecResult> => {
    const told$ = after(OVERDUE_S).pipe(
      tap(() => silent(cluster, "overdue", `no answer for ${OVERDUE_S} s, and it is waited for`)),
    );
    return merge(answer$, told$.pipe(ignoreElements())).pipe(take(1));
  };

  const silent = (cluster: string | undefined, how: "overdue" | "complained", why: string) => {
    const before = told.get(cluster);
    if (before === "complained" || before === how) return;
    told.set(cluster, how);
    const who = cluster === undefined ? "" : ` for the cluster ${cluster}`;
    notice$.next({ type: "backend.silent", message: `squeue${who}: ${why}` });
  };

  const heard = (cluster: string | undefined) => {
    away.delete(cluster);
    if (told.delete(cluster) && told.size === 0) notice$.next({ type: "backend.answered" });
  };

  const missed = (cluster: string | undefined, answer: ExecResult) => {
    const failures = (away.get(cluster)?.failures ?? 0) + 1;
    const seconds = Math.ceil(pauseAfter(pace, failures));
    away.set(cluster, { failures, until: asyncScheduler.now() + seconds * 1000 });
    const said = complaintOf(answer).replace(/^squeue: /, "");
    silent(cluster, "complained", `${said}; nothing is concluded from that, and it is asked again in ${seconds} s`);
  };

  const isAway = () => away.has(undefined);

  const waited$ = defer(() => {
    const now = asyncScheduler.now();
    const others = [...clusters()].some((cluster) => !away.has(cluster));
    // Who is away is not asked the sooner because somebody would like to know.
    const alone = isAway() && !others;
    const pause = Math.max(0, ((away.get(undefined)?.until ?? now) - now) / 1000);
    const seconds = alone ? pause : pace.every * Math.max(1, slow);
    due = Math.min(now + seconds * 1000, alone ? NEVER : Math.max(now, wanted));
    wanted = NEVER;
    return concat(of(undefined), pull$).pipe(
      switchMap(() => after(Math.max(0, due - asyncScheduler.now()) / 1000)),
      take(1),
      finalize(() => {
        due = NEVER;
      }),
    );
  });

  const look$ = defer(asked$).pipe(
    repeat({ delay: () => waited$ }),
    filter((look) => look !== undefined),
    finalize(() => {
      wanted = NEVER;
    }),
    share(),
  );

  const soon = (seconds: number) => {
    // A look that is under way is soon enough.
    if (asking && seconds <= 0) return;
    const at = asyncScheduler.now() + seconds * 1000;
    if (due === NEVER) wanted = Math.min(wanted, at);
    else if (at < due && !isAway()) {
      due = at;
      pull$.next();
    }
  };

  return {
    snapshot$: look$,
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
    pollWithin: soon,
    names: () => [...names.values()].flat(),
    notice$,
  };
};

const NEVER = Number.POSITIVE_INFINITY;

const pauseAfter = ({ every, after_failure }: Pace, failures: number): number =>
  Math.min(after_failure * 2 ** (failures - 1), Math.max(LONGEST_S, every, after_failure));
/** After so many seconds without an answer, that it is waited for is told to whoever watches. */
export const OVERDUE_S = 30;
