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
import type { Site } from "../../backends/slurm/site-config.js";
import type { Handover, JobRequest } from "../../effects/effects.js";
import { Abandon, type Failure } from "../../events/failure.js";
import { begunBy, fence } from "../guard/traces.js";
import { clusterOf, localTo } from "../job-id.js";
import type { Places } from "../jobs/directory.js";
import { markedIn } from "../poll/ownership.js";
import type { Queue } from "../poll/poller.js";
import type { Look } from "../poll/snapshot.js";
import { openSearch } from "./absence.js";

export interface Seeking {
  readonly places: Places;
  readonly queue: Queue;
  readonly site$: Observable<Site>;
  /** Looks into these clusters, too, until the function that it returns is called. */
  readonly looksInto: (clusters: readonly string[]) => () => void;
  /** Between two looks while a job registers, in seconds. */
  readonly registering: number;
}

/** What is known of its sbatch: that it hangs, and when it was started. */
export interface Trying {
  readonly hanging?: boolean;
  readonly since?: number;
}

/**
 * Looks for a job by its mark, until it is found or certain not to be there. Then the work is fenced off: what appears
 * later all the same does nothing.
 */
export const sought$ = (
  desk: Seeking,
  request: JobRequest,
  { hanging = false, since }: Trying = {},
): Observable<Handover> =>
  defer(() => {
    const { places, queue, registering, site$ } = desk;
    const [mark, directory] = [places.mark(request.token), places.directory(request.token)];
    const search = openSearch({
      ...{ began: asyncScheduler.now(), registering, guarded: places.guards(request), hanging },
      ...(since !== undefined && { since }),
    });
    const found$ = (look: Look, site: Site): Observable<Handover | "absent"> => {
      const job = look.marks.get(mark) ?? begunBy(directory);
      if (job !== undefined) return handed$(desk, job);
      if (search.missed(look, site) === "not yet") {
        queue.soon(registering);
        return EMPTY;
      }
      return look.accounts$.pipe(
        concatMap((accounts): Observable<Handover | "absent"> => {
          const known = typeof accounts === "string" ? undefined : markedIn(accounts, mark);
          if (known !== undefined) return handed$(desk, known);
          const absence = search.judged(accounts, site);
          if (absence === "unknowable") return throwError(() => new Abandon(UNKNOWABLE));
          if (absence !== "certain") return EMPTY;
          const kept = fence(directory);
          if (kept.is === "fenced") return of("absent");
          return kept.is === "begun" && kept.job !== undefined ? handed$(desk, kept.job) : EMPTY;
        }),
      );
    };
    const named = places.clusters(request);
    const leave = desk.looksInto(named);
    queue.soon(registering);
    return queue.look$.pipe(
      exhaustMap((look) => site$.pipe(concatMap((site) => found$(look, site)))),
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
export const handed$ = (
  { site$ }: Pick<Seeking, "site$">,
  job: string,
): Observable<Handover & { readonly job: string }> =>
  clusterOf(job) === undefined ? of({ job }) : site$.pipe(map(({ cluster }) => ({ job: localTo(cluster, job) })));
