/** The backend of a batch scheduler: submits each job at most once, and watches all jobs by one shared poll. */
import { asyncScheduler, defer, EMPTY, finalize, map, merge, type Observable, of, tap, throwError } from "rxjs";
import type { Backend, Handover, JobReport, JobRequest } from "../effects/backend.js";
import type { Spawn } from "../effects/process.js";
import type { BackendNotice } from "../events/event.js";
import type { Settings } from "../plan/settings.js";
import type { Claims } from "../system/processes/claims.js";
import type { Exec } from "../system/processes/exec.js";
import { cancel$ } from "./cancel/cancel.js";
import type { Dialect } from "./dialect.js";
import { jobNotStarted } from "./failures.js";
import { clusterOf } from "./job-id.js";
import { openJobDirectories } from "./jobs/directory.js";
import { openPoller } from "./poll/poller.js";
import type { Snapshot } from "./poll/snapshot.js";
import { openPrograms } from "./programs.js";
import { openBackoff } from "./submit/backoff.js";
import { openSubmitter } from "./submit/submit.js";
import { type SubmittedJob, watched$ } from "./watch/watch.js";

export interface SchedulerMeans {
  readonly spawn: Spawn;
  readonly exec: Exec;
  readonly settings: Pick<Settings, "submit_timeout" | "running_timeout" | "error_timeout">;
  /** Where jobs leave traces; absent where no later start will look for them. */
  readonly claims?: Claims;
  /** A directory of this program's own. */
  readonly scratch: string;
}

export const scheduler = (dialect: Dialect, { spawn, exec, settings, claims, scratch }: SchedulerMeans): Backend => {
  const { running_timeout, error_timeout } = settings;
  const registering = Math.max(1, settings.submit_timeout);
  const { environment, removed, owner, queue, site$, accounting } = openPrograms(dialect, exec);
  const jobs = new Map<string, SubmittedJob & { readonly token: string }>();
  /** Jobs that were submitted since the last poll, by mark. */
  const unseen = new Map<string, { readonly name: string; readonly at: number }>();
  const proof = { traced: false };
  /** Clusters in which jobs in doubt are looked for. */
  const searched: (readonly string[])[] = [];
  const poller = openPoller({
    ...{ dialect, run: queue, accounting, owner },
    pace: { every: Math.max(1, running_timeout), after_failure: Math.max(1, error_timeout) },
    clusters: () => [...[...jobs.keys()].map(clusterOf).filter((name) => name !== undefined), ...searched.flat()],
  });
  const directories = openJobDirectories(dialect, claims, scratch);
  const backoff = openBackoff(registering, LONGEST_PAUSE_S);
  const lost_after_s = Math.max(LOST_AFTER_S, LOST_AFTER_POLLS * running_timeout);
  const submitter = openSubmitter({
    ...{ dialect, spawn, environment, directories, poller, backoff, site$ },
    ...{ registering, claims: claims !== undefined },
    pollAlso: (clusters) => {
      searched.push(clusters);
      return () => void searched.splice(searched.indexOf(clusters), 1);
    },
  });

  const noteJob = (request: JobRequest, submittedNow: boolean) =>
    tap((handover: Handover) => {
      if (!("job" in handover)) return;
      const { token, name, watched } = request;
      const mark = directories.mark(token);
      unseen.set(mark, { name, at: asyncScheduler.now() });
      if (!watched) return;
      const { job: id } = handover;
      jobs.set(id, {
        ...{ id, token, mark, submittedNow, directory: directories.directory(token) },
        ...{ guarded: directories.guards(request), sharesFileSystem: directories.sharesFileSystem(request) },
        output: (named) => directories.output(request, id, named),
      });
    });

  /** Jobs in the queue, and jobs that were submitted since the poll and cannot be in it. */
  const countOf = (match: string, { at, marks }: Snapshot): number => {
    for (const [mark, one] of unseen) if (one.at < at || marks.has(mark)) unseen.delete(mark);
    return [...poller.names(), ...[...unseen.values()].map(({ name }) => name)].filter((name) => name.startsWith(match))
      .length;
  };

  return {
    name: dialect.name,
    submit$: (request) => submitter.submit$(request).pipe(noteJob(request, true)),
    adopt$: (request, before) => submitter.adopt$(request, before).pipe(noteJob(request, false)),
    watch$: (id) =>
      defer((): Observable<JobReport> => {
        const job = jobs.get(id);
        if (job === undefined) return throwError(() => jobNotStarted(`this program has submitted no job ${id}`));
        return watched$(job, { dialect, poller, owner, registering, lost_after_s, proof }).pipe(
          tap(({ state }) => {
            if (state !== "ended") return;
            directories.ended(job.token);
            backoff.release();
          }),
          finalize(() => {
            unseen.delete(job.mark);
            // The id may be another job's by now.
            if (jobs.get(id) === job) jobs.delete(id);
          }),
        );
      }),
    count$: (match) =>
      poller.recent$(Math.min(running_timeout, RECENT_S)).pipe(map((snapshot) => countOf(match, snapshot))),
    notice$: merge(
      poller.notice$,
      defer(() => (removed.length === 0 ? EMPTY : of(noteRemoved(dialect, removed)))),
    ),
    cancel$: (targets) => cancel$(dialect, exec, targets),
  };
};

/** Between two submissions while the scheduler refuses them, in seconds, at most. */
const LONGEST_PAUSE_S = 600;
/** A job that no source shows is lost after so many polls, but not before so many seconds. */
const LOST_AFTER_POLLS = 10;
const LOST_AFTER_S = 60;
/** How old a snapshot may be by which jobs are counted, in seconds. */
const RECENT_S = 30;

const noteRemoved = ({ title }: Dialect, removed: readonly string[]): BackendNotice => ({
  type: "backend.noted",
  message: `not passed on to ${title}'s programs, which would take them for options: ${removed.join(", ")}`,
});
