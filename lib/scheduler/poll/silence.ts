/** Which clusters do not answer, how long the poller leaves each of them alone, and what the user learns of that. */
import { asyncScheduler, ignoreElements, merge, type Observable, Subject, take, tap } from "rxjs";
import type { BackendNotice } from "../../events/event.js";
import { after } from "../../operators/after.js";
import { complaintOf, type ExecResult } from "../../system/processes/exec.js";

/** In seconds. */
export interface Pace {
  readonly every: number;
  /** After a failed poll; twice as long after each further failure. */
  readonly after_failure: number;
}

export interface Silence {
  readonly notice$: Observable<BackendNotice>;
  /** Whether the last query of the cluster failed. */
  isAway(cluster: string | undefined): boolean;
  /** For how long the cluster is still left alone, in seconds. */
  pauseLeft_s(cluster: string | undefined): number;
  /** Reports a cluster that has not answered for a while, although its query still runs. */
  reportOverdue<T>(cluster: string | undefined, answer$: Observable<T>): Observable<T>;
  noteAnswer(cluster: string | undefined): void;
  noteFailure(cluster: string | undefined, answer: ExecResult): void;
}

/** After so many seconds without an answer, the program tells the user that it waits for one. */
export const OVERDUE_S = 30;

/**
 * The longest pause between two polls while the scheduler is away, unless the pace itself is slower. A queue shows ended
 * jobs for five minutes by default, and the program must not miss what a returning scheduler shows.
 */
export const LONGEST_S = 240;

/** `queue`: the name of the queue program. The undefined cluster is the site's own. */
export const openSilence = (queue: string, pace: Pace): Silence => {
  const notice$ = new Subject<BackendNotice>();
  const away = new Map<string | undefined, { readonly failures: number; readonly until: number }>();
  /** Clusters whose silence the user knows of, and whether the program could say why. */
  const reported = new Map<string | undefined, "overdue" | "complained">();

  const report = (cluster: string | undefined, how: "overdue" | "complained", why: string) => {
    const before = reported.get(cluster);
    if (before === "complained" || before === how) return;
    reported.set(cluster, how);
    const where = cluster === undefined ? "" : ` for the cluster ${cluster}`;
    notice$.next({ type: "backend.silent", message: `${queue}${where}: ${why}` });
  };

  return {
    notice$,
    isAway: (cluster) => away.has(cluster),
    pauseLeft_s: (cluster) => Math.max(0, (away.get(cluster)?.until ?? 0) - asyncScheduler.now()) / 1000,
    reportOverdue: (cluster, answer$) => {
      const overdue$ = after(OVERDUE_S).pipe(
        tap(() => report(cluster, "overdue", `no answer for ${OVERDUE_S} s; the program waits for one`)),
      );
      return merge(answer$, overdue$.pipe(ignoreElements())).pipe(take(1));
    },
    noteAnswer: (cluster) => {
      away.delete(cluster);
      if (reported.delete(cluster) && reported.size === 0) notice$.next({ type: "backend.answered" });
    },
    noteFailure: (cluster, answer) => {
      const failures = (away.get(cluster)?.failures ?? 0) + 1;
      const seconds = Math.ceil(pauseAfter(pace, failures));
      away.set(cluster, { failures, until: asyncScheduler.now() + seconds * 1000 });
      const complaint = complaintOf(answer);
      const reason = complaint.startsWith(`${queue}: `) ? complaint.slice(queue.length + 2) : complaint;
      const next = `the program concludes nothing from that and asks again in ${seconds} s`;
      report(cluster, "complained", `${reason}; ${next}`);
    },
  };
};

const pauseAfter = ({ every, after_failure }: Pace, failures: number): number =>
  Math.min(after_failure * 2 ** (failures - 1), Math.max(LONGEST_S, every, after_failure));
