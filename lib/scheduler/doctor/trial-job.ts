/** A trial job that does nothing goes all the way through the scheduler, in the directory where ensembles are started. */
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
import type { JobReport, JobRequest } from "../../effects/backend.js";
import type { JobRemark } from "../../events/event.js";
import { Abandon, explain } from "../../events/failure.js";
import { messageOf } from "../../system/files/errno.js";
import { openClaims } from "../../system/processes/claims.js";
import { exec } from "../../system/processes/exec.js";
import { spawn } from "../../system/processes/spawn.js";
import type { Dialect } from "../dialect.js";
import { tracesIn } from "../guard/traces.js";
import { baseOf, clusterOf } from "../job-id.js";
import { openJobDirectories } from "../jobs/directory.js";
import { scheduler } from "../scheduler.js";
import type { ProbeOutcome, ProbeResult } from "./probe.js";

/** Works in a new directory there, which nodes must see, and removes it afterwards. */
export const trialJob = async (dialect: Dialect, directory: string, patience_s: number): Promise<ProbeResult> => {
  const what = `a job to ${dialect.title}`;
  let own: string;
  try {
    own = mkdtempSync(join(directory, ".model-ensembler-check-"));
  } catch (error) {
    const detail = `no file can be made in ${directory}: ${messageOf(error)}; go to the directory of your ensembles`;
    return { what, ok: false, detail };
  }
  try {
    writeFileSync(join(own, "job.sh"), dialect.trialScript, { mode: 0o700 });
    return { what, ...(await outcomeOf(dialect, { own, directory, patience_s })) };
  } catch (error) {
    return { what, ok: false, detail: error instanceof Abandon ? explain(error.failure) : messageOf(error) };
  } finally {
    remove(own);
  }
};

/** A job that was just cancelled may still be writing there. */
const remove = (directory: string) => {
  try {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  } catch {
    // The directory's name says what it is, and it does no harm.
  }
};

interface Trial {
  /** The trial's own directory, and the one in which that lies. */
  readonly own: string;
  readonly directory: string;
  /** A queue may be longer than a person waits. */
  readonly patience_s: number;
}

const SETTINGS = { submit_timeout: 1, running_timeout: 2, error_timeout: 5 };

/** How far the job has come. */
interface TrialProgress {
  readonly waiting?: string;
  readonly job?: string;
  readonly last?: JobReport;
}

const outcomeOf = async (dialect: Dialect, { own, directory, patience_s }: Trial): Promise<ProbeOutcome> => {
  const claims = openClaims(join(own, "claims"));
  const backend = scheduler(dialect, { spawn, exec, settings: SETTINGS, claims, scratch: join(own, "claims") });
  const token = "0-check";
  const request: JobRequest = { name: "check", script: "job.sh", directory: own, watched: true, token, guard: true };
  let progress: TrialProgress = {};
  const steps$ = backend.submit$(request).pipe(
    concatMap((handover): Observable<TrialProgress> => {
      if (!("job" in handover)) return of({ waiting: handover.waiting });
      const { job } = handover;
      return concat(of({ job }), backend.watch$(job).pipe(map((last) => ({ job, last }))));
    }),
    tap((now) => {
      progress = now;
    }),
    takeUntil(timer(patience_s * 1000)),
  );
  await lastValueFrom(steps$, { defaultValue: undefined });
  const { job, last, waiting } = progress;
  if (job === undefined) {
    const why = waiting ?? `${dialect.programs.submit} does not end`;
    return { ok: false, detail: `not submitted in ${patience_s} s: ${why}` };
  }
  if (last?.state !== "ended") {
    await lastValueFrom(cancelled$(dialect, job), { defaultValue: undefined });
    return unfinished(job, last, patience_s);
  }
  if (last.failure !== undefined) {
    const more = `\`${dialect.detailsCommand(baseOf(job))}\` tells more`;
    return { ok: false, detail: `job ${job}: ${explain(last.failure)}; ${more}` };
  }
  const traces = openJobDirectories(dialect, claims, own).directory(token);
  return (await lastValueFrom(seen$(own, traces), { defaultValue: false }))
    ? { ok: true, detail: `job ${job} succeeded, and the nodes see this directory` }
    : {
        ok: false,
        detail: `job ${job} succeeded, but has left nothing here: its node does not see ${directory}; go to a directory that the nodes share`,
      };
};

const cancelled$ = (dialect: Dialect, job: string): Observable<unknown> => {
  const { readable } = dialect.environment(process.env);
  return exec(dialect.programs.cancel, dialect.cancelArguments([baseOf(job)], clusterOf(job)), readable).pipe(
    takeUntil(timer(CANCEL_MS)),
  );
};

const CANCEL_MS = 30_000;

/** A job that only waits for its turn is fine; one that will wait for good is not. */
const unfinished = (
  job: string,
  last: Exclude<JobReport, { state: "ended" }> | undefined,
  patience_s: number,
): ProbeOutcome => {
  const state = last?.state ?? "pending";
  const { reason = "", message }: JobRemark = last === undefined || last.state === "vanished" ? {} : last;
  const why = reason === "" ? "" : ` (${reason})`;
  if (state === "held" || state === "blocked")
    return { ok: false, detail: `job ${job} was accepted, but is ${state}${why}: ${message ?? "ask your site"}` };
  const what =
    state === "running" ? `still runs after ${patience_s} s` : `waits for its turn after ${patience_s} s${why}`;
  return { ok: true, detail: `job ${job} was accepted, and ${what}; it has been cancelled` };
};

/** Whether the guard and the job itself have left their files: a shared file system may take a while to show them. */
const seen$ = (own: string, traces: string): Observable<boolean> =>
  defer(() => (tracesIn(traces).ended !== undefined && existsSync(join(own, "job.out")) ? of(true) : EMPTY)).pipe(
    repeat({ delay: 500, count: 20 }),
    filter((seen) => seen),
    take(1),
    catchError(() => of(false)),
  );
