/** The backend slurm: jobs go to a cluster, at most once each, and are watched by one look for all. */
import { asyncScheduler, defer, EMPTY, finalize, map, merge, type Observable, of, tap, throwError } from "rxjs";
import type { Backend, Handover, JobReport, JobRequest } from "../effects/backend.js";
import type { Spawn } from "../effects/process.js";
import type { BackendNotice } from "../events/event.js";
import type { Settings } from "../plan/settings.js";
import type { Claims } from "../system/processes/claims.js";
import type { Exec } from "../system/processes/exec.js";
import { clusterOf } from "./job-id.js";
import { openJobDirectories } from "./jobs/directory.js";
import { openPoller } from "./poll/poller.js";
import type { Snapshot } from "./poll/snapshot.js";
import { openPrograms } from "./programs.js";
import { openBackoff } from "./submit/backoff.js";
import { jobNotStarted, openSubmitter } from "./submit/submit.js";
import { type SubmittedJob, watched$ } from "./watch/watch.js";

export interface SchedulerMeans {
  readonly spawn: Spawn;
  readonly ask: Exec;
  readonly settings: Pick<Settings, "submit_timeout" | "running_timeout" | "error_timeout">;
  /** Where jobs leave a trace; absent where nobody will look for it. */
  readonly claims?: Claims;
  /** A directory of this program's own. */
  readonly scratch: string;
}

export const slurm = ({ spawn, ask, settings, claims, scratch }: SchedulerMeans): Backend => {
  const { running_timeout, error_timeout } = settings;
  const registering = Math.max(1, settings.submit_timeout);
  const { environment, removed, uid, asking, site$, accounting: ledger } = openPrograms(ask);
  const jobs = new Map<string, SubmittedJob & { readonly token: string }>();
  /** By mark: handed over since the last look. */
  const unseen = new Map<string, { readonly name: string; readonly at: number }>();
  const proof = { traced: false };
  /** Clusters in which jobs are looked for. */
  const searched: (readonly string[])[] = [];
  const poller = openPoller({
    ...{ ask: asking("squeue"), accounting: ledger, uid },
    pace: { every: Math.max(1, running_timeout), after_failure: Math.max(1, error_timeout) },
    clusters: () => [...[...jobs.keys()].map(clusterOf).filter((name) => name !== undefined), ...searched.flat()],
  });
  const directories = openJobDirectories(claims, scratch);
  const backoff = openBackoff(registering, LONGEST_PAUSE_S);
  const lost_after_s = Math.max(SHORTEST_LIMBO_S, LIMBO_LOOKS * running_timeout);
  const submitter = openSubmitter({
    ...{ spawn, environment, directories, poller, backoff, site$ },
    ...{ registering, claims: claims !== undefined },
    looksInto: (clusters) => {
      searched.push(clusters);
      return () => void searched.splice(searched.indexOf(clusters), 1);
    },
  });

  const known = (request: JobRequest, fresh: boolean) =>
    tap((handover: Handover) => {
      if (!("job" in handover)) return;
      const { token, name, watched } = request;
      const mark = directories.mark(token);
      unseen.set(mark, { name, at: asyncScheduler.now() });
      if (!watched) return;
      const [directory, guarded] = [directories.directory(token), directories.guards(request)];
      jobs.set(handover.job, {
        id: handover.job,
        token,
        mark,
        directory,
        guarded,
        fresh,
        near: directories.near(request),
      });
    });

  /** Those that are in the queue, and those that were handed over since and cannot have been seen there. */
  const counted = (match: string, { at, marks }: Snapshot): number => {
    for (const [mark, one] of unseen) if (one.at < at || marks.has(mark)) unseen.delete(mark);
    return [...poller.names(), ...[...unseen.values()].map(({ name }) => name)].filter((name) => name.startsWith(match))
      .length;
  };

  return {
    name: "slurm",
    submit$: (request) => submitter.submit$(request).pipe(known(request, true)),
    adopt$: (request, before) => submitter.adopt$(request, before).pipe(known(request, false)),
    watch$: (id) =>
      defer((): Observable<JobReport> => {
        const job = jobs.get(id);
        if (job === undefined) return throwError(() => jobNotStarted(`this program has handed over no job ${id}`));
        return watched$(job, { poller, uid, registering, lost_after_s, proof }).pipe(
          tap(({ state }) => {
            if (state !== "ended") return;
            directories.ended(job.token);
            backoff.release();
          }),
          finalize(() => {
            unseen.delete(job.mark);
            // Its id may be another job's by now.
            if (jobs.get(id) === job) jobs.delete(id);
          }),
        );
      }),
    count$: (match) => poller.recent$(Math.min(running_timeout, FRESH_S)).pipe(map((look) => counted(match, look))),
    notice$: merge(
      poller.notice$,
      defer(() => (removed.length === 0 ? EMPTY : of(noted(removed)))),
    ),
  };
};

/** Between two tries of somebody who is refused for now. */
const LONGEST_PAUSE_S = 600;

/** A job of which nobody tells is lost after so many looks, but not before so many seconds. */
const LIMBO_LOOKS = 10;
const SHORTEST_LIMBO_S = 60;

/** A look may be so old to count jobs by. */
const FRESH_S = 30;

const noted = (removed: readonly string[]): BackendNotice => ({
  type: "backend.noted",
  message: `not handed on to Slurm's commands, which would take them for options: ${removed.join(", ")}`,
});
