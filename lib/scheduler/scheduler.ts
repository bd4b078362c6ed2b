/** The backend slurm: jobs go to a cluster, at most once each, and are watched by one look for all. */
import { asyncScheduler, defer, EMPTY, finalize, map, merge, type Observable, of, tap, throwError } from "rxjs";
import type { Backend, Handover, JobReport, JobRequest, Spawn } from "../effects/effects.js";
import type { BackendNotice } from "../events/event.js";
import type { Settings } from "../plan/plan.js";
import type { Claims } from "../system/processes/claims.js";
import type { Ask } from "../system/processes/exec.js";
import { clusterOf } from "./job-id.js";
import { openPlaces } from "./jobs/directory.js";
import { openQueue } from "./poll/poller.js";
import type { Look } from "./poll/snapshot.js";
import { openPrograms } from "./programs.js";
import { openGate } from "./submit/backoff.js";
import { handing, notStarted } from "./submit/submit.js";
import { type Known, watched$ } from "./watch/watch.js";

export interface Means {
  readonly spawn: Spawn;
  readonly ask: Ask;
  readonly settings: Pick<Settings, "submit_timeout" | "running_timeout" | "error_timeout">;
  /** Where jobs leave a trace; absent where nobody will look for it. */
  readonly claims?: Claims;
  /** A directory of this program's own. */
  readonly scratch: string;
}

export const slurm = ({ spawn, ask, settings, claims, scratch }: Means): Backend => {
  const { running_timeout, error_timeout } = settings;
  const registering = Math.max(1, settings.submit_timeout);
  const { environment, removed, uid, asking, site$, ledger } = openPrograms(ask);
  const jobs = new Map<string, Known & { readonly token: string }>();
  /** By mark: handed over since the last look. */
  const unseen = new Map<string, { readonly name: string; readonly at: number }>();
  const proof = { traced: false };
  /** Clusters in which jobs are looked for. */
  const searched: (readonly string[])[] = [];
  const queue = openQueue({
    ...{ ask: asking("squeue"), ledger, uid },
    pace: { every: Math.max(1, running_timeout), after_failure: Math.max(1, error_timeout) },
    clusters: () => [...[...jobs.keys()].map(clusterOf).filter((name) => name !== undefined), ...searched.flat()],
  });
  const places = openPlaces(claims, scratch);
  const gate = openGate(registering, LONGEST_PAUSE_S);
  const limbo_s = Math.max(SHORTEST_LIMBO_S, LIMBO_LOOKS * running_timeout);
  const desk = handing({
    ...{ spawn, environment, places, queue, gate, site$ },
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
      const mark = places.mark(token);
      unseen.set(mark, { name, at: asyncScheduler.now() });
      if (!watched) return;
      const [directory, guarded] = [places.directory(token), places.guards(request)];
      jobs.set(handover.job, { id: handover.job, token, mark, directory, guarded, fresh, near: places.near(request) });
    });

  /** Those that are in the queue, and those that were handed over since and cannot have been seen there. */
  const counted = (match: string, { at, marks }: Look): number => {
    for (const [mark, one] of unseen) if (one.at < at || marks.has(mark)) unseen.delete(mark);
    return [...queue.names(), ...[...unseen.values()].map(({ name }) => name)].filter((name) => name.startsWith(match))
      .length;
  };

  return {
    name: "slurm",
    submit$: (request) => desk.submit$(request).pipe(known(request, true)),
    adopt$: (request, before) => desk.adopt$(request, before).pipe(known(request, false)),
    watch$: (id) =>
      defer((): Observable<JobReport> => {
        const job = jobs.get(id);
        if (job === undefined) return throwError(() => notStarted(`this program has handed over no job ${id}`));
        return watched$(job, { queue, uid, registering, limbo_s, proof }).pipe(
          tap(({ state }) => {
            if (state !== "ended") return;
            places.ended(job.token);
            gate.nudge();
          }),
          finalize(() => {
            unseen.delete(job.mark);
            // Its id may be another job's by now.
            if (jobs.get(id) === job) jobs.delete(id);
          }),
        );
      }),
    count$: (match) => queue.recent$(Math.min(running_timeout, FRESH_S)).pipe(map((look) => counted(match, look))),
    notice$: merge(
      queue.notice$,
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
