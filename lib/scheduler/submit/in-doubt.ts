/** Resolves a submission in doubt: finds the job by its mark, or makes sure that there is none. */
import {
  asyncScheduler,
  concatMap,
  defer,
  EMPTY,
  exhaustMap,
  filter,
  finalize,
  map,
  type Observable,
  of,
  take,
  throwError,
} from "rxjs";
import type { Handover, JobRequest } from "../../effects/backend.js";
import { Abandon, type Failure } from "../../events/failure.js";
import type { Site } from "../answers.js";
import type { Dialect } from "../dialect.js";
import { fence, startedBy } from "../guard/traces.js";
import { clusterOf, localTo } from "../job-id.js";
import type { JobDirectories } from "../jobs/directory.js";
import { markedIn } from "../poll/ownership.js";
import type { Poller } from "../poll/poller.js";
import type { Snapshot } from "../poll/snapshot.js";
import { openAbsence } from "./absence.js";

export interface InDoubt {
  readonly dialect: Dialect;
  readonly directories: JobDirectories;
  readonly poller: Poller;
  readonly site$: Observable<Site>;
  /** Polls these clusters, too, until the returned function is called. */
  readonly pollAlso: (clusters: readonly string[]) => () => void;
  /** Between two polls while a job registers, in seconds. */
  readonly registering: number;
}

/** What is known of the submit program: that it hangs, and when it started. */
export interface LastAttempt {
  readonly hanging?: boolean;
  readonly since?: number;
}

/**
 * Looks for a job by its mark until it is found or certainly absent. Then it fences the work off: a job that still
 * appears later does nothing. Completes without a job where there is none; fails as `job` where that cannot be known.
 */
export const resolveInDoubt$ = (
  context: InDoubt,
  request: JobRequest,
  { hanging = false, since }: LastAttempt = {},
): Observable<Handover> =>
  defer(() => {
    const { dialect, directories, poller, registering, site$ } = context;
    const [mark, directory] = [directories.mark(request.token), directories.directory(request.token)];
    const absence = openAbsence({
      ...{ began: asyncScheduler.now(), registering, guarded: directories.guards(request), hanging },
      ...{ provable: dialect.accountsShowMarks, ...(since !== undefined && { since }) },
    });
    const found$ = (snapshot: Snapshot, site: Site): Observable<Handover | "absent"> => {
      const job = snapshot.marks.get(mark) ?? startedBy(directory);
      if (job !== undefined) return localId$(context, job);
      if (absence.notSeen(snapshot, site) === "not yet") {
        poller.pollWithin(registering);
        return EMPTY;
      }
      return snapshot.accounts$.pipe(
        concatMap((accounts): Observable<Handover | "absent"> => {
          const known = typeof accounts === "string" ? undefined : markedIn(accounts, mark);
          if (known !== undefined) return localId$(context, known);
          const decision = absence.decide(accounts, site);
          if (decision === "unknowable") return throwError(() => new Abandon(unknowable(dialect)));
          if (decision !== "certain") return EMPTY;
          const fenced = fence(directory);
          if (fenced.is === "fenced") return of("absent");
          return fenced.is === "started" && fenced.job !== undefined ? localId$(context, fenced.job) : EMPTY;
        }),
      );
    };
    const leave = context.pollAlso(directories.clusters(request));
    poller.pollWithin(registering);
    return poller.snapshot$.pipe(
      exhaustMap((snapshot) => site$.pipe(concatMap((site) => found$(snapshot, site)))),
      take(1),
      filter((found) => found !== "absent"),
      finalize(leave),
    );
  });

const unknowable = ({ programs }: Dialect): Failure => ({
  reason: "job",
  cause: "lost",
  message: `whether it was submitted cannot be known: ${programs.submit} has not answered, there are no accounts, and no poll of the queue succeeded for longer than the queue shows ended jobs`,
});

/**
 * A job's id as its own cluster calls it. A script may name the cluster that it is submitted to; where that is this one,
 * the program leaves the name out: with it, each query would need the accounting database to know the cluster.
 */
export const localId$ = (
  { site$ }: Pick<InDoubt, "site$">,
  job: string,
): Observable<Handover & { readonly job: string }> =>
  clusterOf(job) === undefined ? of({ job }) : site$.pipe(map(({ cluster }) => ({ job: localTo(cluster, job) })));
