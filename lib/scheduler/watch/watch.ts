/** One job, look after look, to its end. */
import { concat, concatMap, defer, EMPTY, exhaustMap, filter, type Observable, of, takeWhile } from "rxjs";
import type { Row } from "../../backends/slurm/queue-output.js";
import { meaningOf, obstacleOf } from "../../backends/slurm/states.js";
import type { JobReport } from "../../effects/backend.js";
import { fence, isBegunBy, tracesIn } from "../guard/traces.js";
import { clusterOf } from "../job-id.js";
import { accountOf, isMarked, isRowOf, representative } from "../poll/ownership.js";
import type { Poller } from "../poll/poller.js";
import type { Snapshot } from "../poll/snapshot.js";
import { judge, type Observation, type Patience, type Verdict } from "./verdict.js";

/** A job that was handed over. */
export interface SubmittedJob {
  /** `12`, or `12;cluster`. Ids are used again: that it is this job, its mark says. */
  readonly id: string;
  readonly mark: string;
  readonly directory: string;
  readonly guarded: boolean;
  /** Where its node can work, it can leave a trace. */
  readonly near: boolean;
  /** It was handed over just now: no other job can have its id by then. */
  readonly fresh: boolean;
}

/** Whether any node was seen to leave a trace where the traces of our jobs are. */
export interface Proof {
  traced: boolean;
}

export interface Watching extends Patience {
  readonly proof: Proof;
  readonly poller: Poller;
  readonly uid: number;
  /** Until it is seen for the first time, in seconds. */
  readonly registering: number;
}

export const watched$ = (
  job: SubmittedJob,
  { poller, uid, registering, lost_after_s, proof }: Watching,
): Observable<JobReport> =>
  defer(() => {
    let seen = { as: "", since: 0, looks: 0 };
    let submitted: string | undefined;
    let ran = false;
    /** Of its parts, one that has failed: the queue may forget it before the others have ended. */
    let worst: Row | undefined;
    let parts = false;
    let told = "";
    const obstacle = { is: "", looks: 0 };

    /** As far as is known by now. */
    const own = () => ({ id: job.id, mark: job.mark, ...(submitted !== undefined && { submitted }) });
    const isKnown = () => job.fresh || isBegunBy(job.directory, job.id);

    const observe = (snapshot: Snapshot): Observation => {
      const rows = (snapshot.jobs.get(job.id) ?? []).filter((one) => isRowOf(one, own(), isKnown));
      parts ||= rows.some(({ part }) => part);
      worst ??= rows.find(({ part, state }) => part && hasFailed(state));
      const row = representative(worst === undefined ? rows : [...rows, worst]);
      submitted = row?.submitted ?? submitted;
      const meaning = row === undefined ? undefined : meaningOf(row.state);
      const as = row?.state ?? "gone";
      seen = seen.as === as ? { ...seen, looks: seen.looks + 1 } : { as, since: snapshot.at, looks: 1 };
      ran ||= meaning?.is === "ended" || (meaning?.is === "live" && meaning.state === "running");
      const close = row === undefined || meaning?.is === "ended" || (meaning?.is === "live" && meaning.completing);
      const traces = close && job.guarded ? tracesIn(job.directory) : undefined;
      proof.traced ||= traces?.claim !== undefined;
      return {
        ...(row !== undefined && { row }),
        ...(traces !== undefined && { traces }),
        ...{
          parts,
          looks: seen.looks,
          for_s: (snapshot.at - seen.since) / 1000,
          uid,
          canLeaveTrace: (proof.traced || job.near) && !ran,
        },
      };
    };

    const followed$ = (observation: Observation, snapshot: Snapshot): Observable<JobReport> => {
      const verdict = judge(observation, { lost_after_s });
      if (verdict.is !== "ask") return reported$(verdict, observation);
      return snapshot.account$(job.id).pipe(
        concatMap((accounts) => {
          const account = accountOf(accounts, own());
          if (typeof account === "object" && isMarked(account, job.mark)) submitted = account.submitted;
          const asked = { ...observation, account };
          return reported$(judge(asked, { lost_after_s }), asked);
        }),
      );
    };

    const reported$ = (verdict: Verdict, { row, looks }: Observation): Observable<JobReport> => {
      switch (verdict.is) {
        case "live":
          return live$(verdict.state, row);
        case "ended": {
          const { failure, evidence } = verdict;
          return of({ state: "ended", evidence, ...(failure !== undefined && { failure }) });
        }
        case "vanished":
          // From here on nobody begins it; unless somebody has, in this very moment.
          return fence(job.directory).is === "fenced" ? of({ state: "vanished", evidence: verdict.evidence }) : EMPTY;
        case "open":
        case "ask":
          // What may be nothing but a gap is looked at again soon.
          if (looks < 2) poller.pollWithin(registering);
          return EMPTY;
      }
    };

    const live$ = (state: "pending" | "running", row: Row | undefined): Observable<JobReport> => {
      const found = row === undefined || state === "running" ? undefined : obstacleOf(row.reason, row.state);
      if (found?.is === obstacle.is) obstacle.looks += 1;
      else Object.assign(obstacle, { is: found?.is ?? "", looks: 1 });
      // Some reasons pass: they are told of when they have not.
      const stuck = found !== undefined && obstacle.looks >= LOOKS[found.is] ? found : undefined;
      const now = stuck?.is ?? state;
      if (now === told) return EMPTY;
      told = now;
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
        exhaustMap((snapshot) => followed$(observe(snapshot), snapshot)),
      ),
    ).pipe(takeWhile(({ state }) => state !== "ended" && state !== "vanished", true));
  });

const hasFailed = (state: string): boolean => {
  const meaning = meaningOf(state);
  return meaning.is === "ended" && meaning.cause !== "succeeded";
};

const LOOKS = { held: 2, blocked: 3 } as const;
