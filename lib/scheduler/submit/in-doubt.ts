/** Looking for a job of which nobody knows whether it was handed over. */
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
import { begunBy, fence } from "../guard/traces.js";
import { clusterOf, localTo } from "../job-id.js";
import type { JobDirectories } from "../jobs/directory.js";
import { markedIn } from "../poll/ownership.js";
import type { Poller } from "../poll/poller.js";
import type { Site } from "../poll/site.js";
import type { Snapshot } from "../poll/snapshot.js";
import { openAbsence } from "./absence.js";

export interface InDoubt {
  readonly directories: JobDirectories;
  readonly poller: Poller;
  readonly site$: Observable<Site>;
  /** Looks into these clusters, too, until the function that it returns is called. */
  readonly looksInto: (clusters: readonly string[]) => () => void;
  /** Between two looks while a job registers, in seconds. */
  readonly registering: number;
}

/** What is known of its sbatch: that it hangs, and when it was started. */
export interface LastAttempt {
  readonly hanging?: boolean;
  readonly since?: number;
}

/**
 * Looks for a job by its mark, until it is found or certain not to be there. Then the work is fenced off: what appears
 * later all the same does nothing.
 */
export const resolveInDoubt$ = (
  context: InDoubt,
  request: JobRequest,
  { hanging = false, since }: LastAttempt = {},
): Observable<Handover> =>
  defer(() => {
    const { directories, poller, registering, site$ } = context;
    const [mark, directory] = [directories.mark(request.token), directories.directory(request.token)];
    const search = openAbsence({
      ...{ began: asyncScheduler.now(), registering, guarded: directories.guards(request), hanging },
      ...(since !== undefined && { since }),
    });
    const found$ = (snapshot: Snapshot, site: Site): Observable<Handover | "absent"> => {
      const job = snapshot.marks.get(mark) ?? begunBy(directory);
      if (job !== undefined) return localId$(context, job);
      if (search.notSeen(snapshot, site) === "not yet") {
        poller.pollWithin(registering);
        return EMPTY;
      }
      return snapshot.accounts$.pipe(
        concatMap((accounts): Observable<Handover | "absent"> => {
          const known = typeof accounts === "string" ? undefined : markedIn(accounts, mark);
          if (known !== undefined) return localId$(context, known);
          const absence = search.decide(accounts, site);
          if (absence === "unknowable") return throwError(() => new Abandon(UNKNOWABLE));
          if (absence !== "certain") return EMPTY;
          const kept = fence(directory);
          if (kept.is === "fenced") return of("absent");
          return kept.is === "begun" && kept.job !== undefined ? localId$(context, kept.job) : EMPTY;
        }),
      );
    };
    const named = directories.clusters(request);
    const leave = context.looksInto(named);
    poller.pollWithin(registering);
    return poller.snapshot$.pipe(
      exhaustMap((snapshot) => site$.pipe(concatMap((site) => found$(snapshot, site)))),
      take(1),
      filter((found) => found !== "absent"),
      finalize(leave),
    );
  });

const UNKNOWABLE: Failure = {
  reason: "job",
  cause: "lost",
  message:
    "nobody can tell whether it was handed over: sbatch has not said, no accounts are to be had, and the queue was not seen for longer than it remembers",
};

/**
 * A script may name the cluster that it is handed to. Where that is this one, it is asked as if it had not: by name,
 * slurmdbd would have to know it each time.
 */
export const localId$ = (
  { site$ }: Pick<InDoubt, "site$">,
  job: string,
): Observable<Handover & { readonly job: string }> =>
  clusterOf(job) === undefined ? of({ job }) : site$.pipe(map(({ cluster }) => ({ job: localTo(cluster, job) })));
