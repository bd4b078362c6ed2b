/** Watches one job, snapshot after snapshot, to its end. */
import { concat, concatMap, defer, EMPTY, exhaustMap, filter, type Observable, of, takeWhile } from "rxjs";
import type { JobReport } from "../../effects/backend.js";
import { withTail } from "../../system/files/tail.js";
import type { Obstacle, QueueRow } from "../answers.js";
import type { Dialect, OutputPattern, QueueUser } from "../dialect.js";
import { fence, isStartedBy, tracesIn } from "../guard/traces.js";
import { clusterOf } from "../job-id.js";
import { accountOf, isMarked, isRowOf, representative } from "../poll/ownership.js";
import type { Poller } from "../poll/poller.js";
import type { Snapshot } from "../poll/snapshot.js";
import type { Observation } from "./observation.js";
import { newestMatch } from "./output.js";
import { judge, type Patience, type Verdict } from "./verdict.js";

export interface SubmittedJob {
  /** `12`, or `12;cluster`. Ids are reused: the mark says that it is this job. */
  readonly id: string;
  readonly mark: string;
  readonly directory: string;
  readonly guarded: boolean;
  /** Where its node can work, it can leave a trace. */
  readonly sharesFileSystem: boolean;
  /** It was submitted just now: no other job can have its id by then. */
  readonly submittedNow: boolean;
  /** Where the scheduler writes its output, by the name that the queue shows. */
  readonly output: (name: string | undefined) => OutputPattern | undefined;
}

/** Whether any node was seen to leave a trace where the traces of our jobs are. */
export interface Proof {
  traced: boolean;
}

export interface Watching extends Patience {
  readonly dialect: Dialect;
  readonly proof: Proof;
  readonly poller: Poller;
  readonly owner: QueueUser;
  /** Between two polls while a job registers, in seconds. */
  readonly registering: number;
}

export const watched$ = (job: SubmittedJob, watching: Watching): Observable<JobReport> =>
  defer(() => {
    const { dialect, poller, owner, registering, lost_after_s, proof } = watching;
    let seen = { as: "", since: 0, looks: 0 };
    let submitted: string | undefined;
    let name: string | undefined;
    let [ran, cancelling] = [false, false];
    /** A part that failed: the queue may forget it before the other parts have ended. */
    let worst: QueueRow | undefined;
    let parts = false;
    let reported = "";
    let obstacle: { readonly is: Obstacle["is"] | ""; readonly looks: number } = { is: "", looks: 0 };

    /** As far as it is known by now. */
    const identity = () => ({ id: job.id, mark: job.mark, ...(submitted !== undefined && { submitted }) });
    const isKnown = () => job.submittedNow || isStartedBy(job.directory, job.id);

    const observe = (snapshot: Snapshot): Observation => {
      const rows = (snapshot.jobs.get(job.id) ?? []).filter((one) => isRowOf(one, identity(), isKnown));
      parts ||= rows.some(({ part }) => part);
      worst ??= rows.find(({ part, meaning }) => part && meaning.is === "ended" && meaning.cause !== "succeeded");
      const row = representative(worst === undefined ? rows : [...rows, worst]);
      submitted = row?.submitted || submitted;
      name = row?.name ?? name;
      const meaning = row?.meaning;
      cancelling ||= meaning?.is === "live" && (meaning.cancelling ?? false);
      const as = row?.state ?? "gone";
      seen = seen.as === as ? { ...seen, looks: seen.looks + 1 } : { as, since: snapshot.at, looks: 1 };
      ran ||= meaning?.is === "ended" || (meaning?.is === "live" && meaning.state === "running");
      const isClose = row === undefined || meaning?.is === "ended" || (meaning?.is === "live" && meaning.completing);
      const traces = isClose && job.guarded ? tracesIn(job.directory) : undefined;
      proof.traced ||= traces?.claim !== undefined;
      return {
        ...(row !== undefined && { row }),
        ...(traces !== undefined && { traces }),
        ...{ parts, owner, cancelling, looks: seen.looks, for_s: (snapshot.at - seen.since) / 1000 },
        canLeaveTrace: (proof.traced || job.sharesFileSystem) && !ran,
      };
    };

    const follow$ = (observation: Observation, snapshot: Snapshot): Observable<JobReport> => {
      const verdict = judge(dialect, observation, { lost_after_s });
      if (verdict.is !== "ask") return report$(verdict, observation);
      return snapshot.account$(job.id).pipe(
        concatMap((accounts) => {
          const account = accountOf(accounts, identity());
          if (typeof account === "object" && isMarked(account, job.mark)) submitted = account.submitted;
          const asked = { ...observation, account };
          return report$(judge(dialect, asked, { lost_after_s }), asked);
        }),
      );
    };

    const report$ = (verdict: Verdict, { row, looks }: Observation): Observable<JobReport> => {
      switch (verdict.is) {
        case "live":
          return live$(verdict.state, row);
        case "ended": {
          const { failure, evidence } = verdict;
          if (failure === undefined) return of({ state: "ended", evidence });
          const log = failure.cause === "not_started" ? undefined : newestMatch(job.output(name));
          return of({ state: "ended", evidence, failure: { ...failure, ...(log !== undefined && withTail(log)) } });
        }
        case "vanished":
          // From here on no job starts the work; unless one has, in this very moment.
          return fence(job.directory).is === "fenced" ? of({ state: "vanished", evidence: verdict.evidence }) : EMPTY;
        case "open":
        case "ask":
          // What may be nothing but a gap is looked at again soon.
          if (looks < 2) poller.pollWithin(registering);
          return EMPTY;
      }
    };

    const live$ = (state: "pending" | "running", row: QueueRow | undefined): Observable<JobReport> => {
      const found = state === "running" ? undefined : row?.obstacle;
      const is = found?.is ?? "";
      obstacle = { is, looks: obstacle.is === is ? obstacle.looks + 1 : 1 };
      // Some reasons pass: only those that have not are reported.
      const stuck = found !== undefined && obstacle.looks >= LOOKS[found.is] ? found : undefined;
      const now = stuck?.is ?? state;
      if (now === reported) return EMPTY;
      reported = now;
      const reason = state === "running" || row?.reason === "None" ? "" : (row?.reason ?? "");
      return of({
        state: now,
        ...(reason !== "" && { reason }),
        ...(stuck !== undefined && { message: stuck.advice }),
      });
    };

    return concat(
      defer(() => {
        poller.pollWithin(registering);
        return EMPTY;
      }),
      poller.snapshot$.pipe(
        filter(({ silent }) => !silent.has(clusterOf(job.id))),
        exhaustMap((snapshot) => follow$(observe(snapshot), snapshot)),
      ),
    ).pipe(takeWhile(({ state }) => state !== "ended" && state !== "vanished", true));
  });

/** For how many snapshots an obstacle has to last before it is reported. */
const LOOKS = { held: 2, blocked: 3 } as const;
