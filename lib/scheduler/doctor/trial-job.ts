/** A job that does nothing goes all the way through Slurm, in the place where ensembles are started. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  filter,
  lastValueFrom,
  map,
  type Observable,
  of,
  repeat,
  take,
  takeUntil,
  tap,
  timer,
} from "rxjs";
import { cancelWords } from "../../backends/slurm/commands.js";
import type { JobReport, JobRequest } from "../../effects/backend.js";
import type { JobRemark } from "../../events/event.js";
import { Abandon, explain } from "../../events/failure.js";
import { messageOf } from "../../system/files/errno.js";
import { openClaims } from "../../system/processes/claims.js";
import { type Environment, exec } from "../../system/processes/exec.js";
import { spawn } from "../../system/processes/spawn.js";
import { tracesIn } from "../guard/traces.js";
import { baseOf, clusterOf } from "../job-id.js";
import { openJobDirectories } from "../jobs/directory.js";
import { slurm } from "../scheduler.js";
import type { ProbeOutcome, ProbeResult } from "./probe.js";

/** In a new directory there, which is removed afterwards: nodes have to see it. */
export const trialJob = async (directory: string, conditions: TrialConditions): Promise<ProbeResult> => {
  const what = "a job to Slurm";
  let own: string;
  try {
    own = mkdtempSync(join(directory, ".model-ensembler-check-"));
  } catch (error) {
    return { what, ok: false, detail: `${directory} takes no files: ${messageOf(error)}; go where your ensembles are` };
  }
  try {
    writeFileSync(join(own, "job.sh"), JOB, { mode: 0o700 });
    return { what, ...(await outcome(own, directory, conditions)) };
  } catch (error) {
    return { what, ok: false, detail: error instanceof Abandon ? explain(error.failure) : messageOf(error) };
  } finally {
    remove(own);
  }
};

const JOB = `#!/bin/bash
#SBATCH --job-name=model-ensembler-check
#SBATCH --time=1
#SBATCH --output=job.out
echo here
`;

/** A job that was just cancelled may still be writing there. */
const remove = (directory: string) => {
  try {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  } catch {
    // It is told of by its name, and does no harm.
  }
};

export interface TrialConditions {
  readonly environment: Environment;
  /** A queue may be longer than a person waits. */
  readonly patience_s: number;
}

const SETTINGS = { submit_timeout: 1, running_timeout: 2, error_timeout: 5 };

/** How far it has come. */
interface Way {
  readonly waiting?: string;
  readonly job?: string;
  readonly last?: JobReport;
}

const outcome = async (
  own: string,
  directory: string,
  { environment, patience_s }: TrialConditions,
): Promise<ProbeOutcome> => {
  const claims = openClaims(join(own, "claims"));
  const backend = slurm({ spawn, ask: exec, settings: SETTINGS, claims, scratch: join(own, "claims") });
  const token = "0-check";
  const request: JobRequest = { name: "check", script: "job.sh", directory: own, watched: true, token, guard: true };
  let way: Way = {};
  const went$ = backend.submit$(request).pipe(
    concatMap((handover): Observable<Way> => {
      if (!("job" in handover)) return of({ waiting: handover.waiting });
      const { job } = handover;
      return concat(of({ job }), backend.watch$(job).pipe(map((last) => ({ job, last }))));
    }),
    tap((now) => {
      way = now;
    }),
    takeUntil(timer(patience_s * 1000)),
  );
  await lastValueFrom(went$, { defaultValue: undefined });
  const { job, last, waiting } = way;
  if (job === undefined) {
    return { ok: false, detail: `not handed over in ${patience_s} s: ${waiting ?? "sbatch does not end"}` };
  }
  if (last?.state !== "ended") {
    await lastValueFrom(ended$(job, environment), { defaultValue: undefined });
    return taken(job, last, patience_s);
  }
  if (last.failure !== undefined) {
    return {
      ok: false,
      detail: `job ${job}: ${explain(last.failure)}; \`scontrol show job ${baseOf(job)}\` tells more`,
    };
  }
  const seen = await lastValueFrom(seen$(own, openJobDirectories(claims, own).directory(token)), {
    defaultValue: false,
  });
  return seen
    ? { ok: true, detail: `job ${job} ended well, and the nodes see this directory` }
    : {
        ok: false,
        detail: `job ${job} ended well, but has left nothing here: its node does not see ${directory}; go to a directory that the nodes share`,
      };
};

const ended$ = (job: string, environment: Environment): Observable<unknown> =>
  exec("scancel", cancelWords([baseOf(job)], clusterOf(job)), environment).pipe(takeUntil(timer(CANCEL_MS)));

const CANCEL_MS = 30_000;

/** That it waits is no mistake of anybody's, unless it will do so for good. */
const taken = (
  job: string,
  last: Exclude<JobReport, { state: "ended" }> | undefined,
  patience_s: number,
): ProbeOutcome => {
  const state = last?.state ?? "pending";
  const { reason = "", message }: JobRemark = last === undefined || last.state === "vanished" ? {} : last;
  const why = reason === "" ? "" : ` (${reason})`;
  const stuck = state === "held" || state === "blocked";
  if (stuck) return { ok: false, detail: `job ${job} was taken, but is ${state}${why}: ${message ?? "ask your site"}` };
  const what =
    state === "running" ? `still runs after ${patience_s} s` : `waits for its turn after ${patience_s} s${why}`;
  return { ok: true, detail: `job ${job} was taken, and ${what}; it has been cancelled` };
};

/** What the guard and the job itself have left behind: a file system that is shared may take a while to show it. */
const seen$ = (own: string, traces: string): Observable<boolean> =>
  defer(() => (tracesIn(traces).ended !== undefined && existsSync(join(own, "job.out")) ? of(true) : EMPTY)).pipe(
    repeat({ delay: 500, count: 20 }),
    filter((seen) => seen),
    take(1),
    catchError(() => of(false)),
  );
