/** The backend of a batch scheduler: submits each job at most once, and watches all jobs by one shared poll. */
import { defer, EMPTY, finalize, map, merge, type Observable, of, tap, throwError } from "rxjs";
import type { Backend, Handover, JobReport, JobRequest } from "../effects/backend.js";
import type { Spawn } from "../effects/process.js";
import type { BackendNotice } from "../events/event.js";
import type { Settings } from "../plan/settings.js";
import type { Claims } from "../system/processes/claims.js";
import type { Exec } from "../system/processes/exec.js";
import { openBook } from "./book.js";
import { cancel$ } from "./cancel/cancel.js";
import type { Dialect } from "./dialect.js";
import { jobNotStarted } from "./failures.js";
import { openJobDirectories } from "./jobs/directory.js";
import { openPoller } from "./poll/poller.js";
import { openPrograms } from "./programs.js";
import { openBackoff } from "./submit/backoff.js";
import { openSubmitter } from "./submit/submit.js";
import { watched$ } from "./watch/watch.js";

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
  const directories = openJobDirectories(dialect, claims, scratch);
  const book = openBook(directories);
  /** Clusters in which jobs in doubt are looked for. */
  const searched: (readonly string[])[] = [];
  const poller = openPoller({
    dialect,
    run: queue,
    accounting,
    owner,
    pace: { every: Math.max(1, running_timeout), after_failure: Math.max(1, error_timeout) },
    clusters: () => [...book.clusters(), ...searched.flat()],
  });
  const backoff = openBackoff(registering, LONGEST_PAUSE_S);
  const submitter = openSubmitter({
    dialect,
    spawn,
    environment,
    directories,
    poller,
    backoff,
    site$,
    registering,
    claims: claims !== undefined,
    pollAlso: (clusters) => {
      searched.push(clusters);
      return () => void searched.splice(searched.indexOf(clusters), 1);
    },
  });
  const lost_after_s = Math.max(LOST_AFTER_S, LOST_AFTER_POLLS * running_timeout);
  // One for all jobs: a node that has left one trace there can leave others.
  const proof = { traced: false };
  const watching = { dialect, poller, owner, registering, lost_after_s, proof };

  const booked = (request: JobRequest, submittedNow: boolean) =>
    tap((handover: Handover) => {
      if ("job" in handover) book.add(request, handover.job, submittedNow);
    });

  return {
    name: dialect.name,
    submit$: (request) => submitter.submit$(request).pipe(booked(request, true)),
    adopt$: (request, before) => submitter.adopt$(request, before).pipe(booked(request, false)),
    watch$: (id) =>
      defer((): Observable<JobReport> => {
        const job = book.find(id);
        if (job === undefined) return throwError(() => jobNotStarted(`this program has submitted no job ${id}`));
        return watched$(job, watching).pipe(
          tap(({ state }) => {
            if (state !== "ended") return;
            directories.ended(job.token);
            backoff.release();
          }),
          finalize(() => book.remove(job)),
        );
      }),
    count$: (match) =>
      poller.recent$(Math.min(running_timeout, RECENT_S)).pipe(
        map((snapshot) => [...poller.names(), ...book.namesSince(snapshot)]),
        map((names) => names.filter((name) => name.startsWith(match)).length),
      ),
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
  message: `the program does not pass these variables to ${title}'s programs, which would read them as options: ${removed.join(", ")}`,
});
