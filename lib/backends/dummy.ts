/** The dummy backend: a job is a process on this machine. */
import { accessSync, constants, rmSync } from "node:fs";
import { join } from "node:path";
import { defer, finalize, map, of, ReplaySubject, type Subscription } from "rxjs";
import type { Backend, JobReport, JobRequest, ProcessEvent, Spawn } from "../effects.js";
import { Abandon, type Ending } from "../failure.js";
import { codeOf, messageOf } from "../world/errors.js";

interface Job {
  readonly name: string;
  /** Keeps its last word: it may end before anybody watches it. */
  readonly report$: ReplaySubject<JobReport>;
  readonly process: Subscription;
}

/**
 * A job is in a process group of its own, with the run directory as its working directory and its output in
 * `<script>.out`. Its exit status decides how it went, and its end is known at once. What it leaves running is ended
 * with it, as a scheduler does. A job that nobody watches goes on to its end, or to the program's.
 */
export const dummy = ({ spawn }: { readonly spawn: Spawn }): Backend => {
  const jobs = new Map<string, Job>();
  let submitted = 0;

  const submit = ({ name, script, directory }: JobRequest): string => {
    const file = join(directory, script);
    demandExecutable(file, script);
    const output = `${file}.out`;
    // What an earlier job of this run printed is not this one's.
    rmSync(output, { force: true });
    const id = `${process.pid}-${++submitted}`;
    const report$ = new ReplaySubject<JobReport>(1);
    const running = spawn({ file, arguments: [], directory, output, sweep: true })
      .pipe(map((event) => reportOf(event, output)))
      .subscribe({
        next: (report) => report$.next(report),
        error: (error: unknown) => {
          report$.next({ state: "ended", failure: { reason: "job", cause: "not_started", message: messageOf(error) } });
          report$.complete();
        },
        complete: () => report$.complete(),
      });
    jobs.set(id, { name, report$, process: running });
    return id;
  };

  return {
    name: "dummy",
    submit$: (request) => defer(() => of(submit(request))),
    watch$: (id) => {
      const job = jobs.get(id);
      if (job === undefined) return of({ state: "ended", failure: lost(id) });
      return job.report$.pipe(
        finalize(() => {
          jobs.delete(id);
          job.process.unsubscribe();
        }),
      );
    },
    count$: (match) =>
      defer(() =>
        of([...jobs.values()].filter(({ name, process }) => name.startsWith(match) && !process.closed).length),
      ),
  };
};

const reportOf = (event: ProcessEvent, log: string): JobReport => {
  if (event.type === "started") return { state: "running" };
  return event.status === 0 ? { state: "ended" } : { state: "ended", failure: { ...failed(event), log } };
};

const failed = ({ status, signal }: Ending) => ({ reason: "job", cause: "failed", status, signal }) as const;

const lost = (id: string) =>
  ({ reason: "job", cause: "not_started", message: `this program has no job ${id}` }) as const;

const demandExecutable = (file: string, script: string): void => {
  try {
    accessSync(file, constants.X_OK);
  } catch (error) {
    const message =
      codeOf(error) === "EACCES"
        ? `${file} is not executable; \`chmod +x\` its template`
        : `the job file ${script}: ${messageOf(error)}`;
    throw new Abandon({ reason: "job", cause: "not_started", message });
  }
};
