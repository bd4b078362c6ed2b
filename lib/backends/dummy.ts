/** The dummy backend: a job is a process on this machine. */
import { accessSync, constants, rmSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import {
  defer,
  distinctUntilChanged,
  EMPTY,
  finalize,
  map,
  Observable,
  of,
  ReplaySubject,
  Subscription,
  tap,
} from "rxjs";
import type { Backend, EarlierJob, JobReport, JobRequest } from "../effects/backend.js";
import type { Spawn } from "../effects/process.js";
import { Abandon, type Ending, type Failure, shortageOf } from "../events/failure.js";
import { messageOf } from "../system/files/errno.js";
import { keepEarlier } from "../system/files/keep-earlier.js";
import { withTail } from "../system/files/tail.js";
import type { Claims, Trace } from "../system/processes/claims.js";
import { headOf, interpreterProblem, isBareText } from "../system/processes/first-line.js";
import { endGroup, groupStarted, leaderEnded } from "../system/processes/process-groups.js";
import { trace$ } from "../system/processes/reattach.js";
import { whyNotExecutable } from "../system/processes/spawn-errors.js";
import { startAgain$ } from "./start-again.js";

export interface DummyMeans {
  readonly spawn: Spawn;
  /** Where jobs leave a trace; absent where no later start will look for it. */
  readonly claims?: Claims;
}

interface LocalJob {
  readonly name: string;
  /** Repeats the last report: the job may end before it has a watcher. */
  readonly report$: ReplaySubject<JobReport>;
  readonly process: Subscription;
}

/**
 * A job is a process group of its own, with the run directory as its working directory and its output in
 * `<script>.out`; the output of a failed try becomes `<script>.out.1`. The job's id is that of its leading process. Its
 * exit status decides whether it succeeded, and its end is known at once. The processes that it leaves running end with it, as on a scheduler. A watcher that unsubscribes ends
 * the job. A job without a watcher runs to its end, and the program does not end before it, unless the user makes the
 * program let go.
 */
export const dummy = ({ spawn, claims }: DummyMeans): Backend => {
  /** Jobs that have not ended, or that may yet be watched. */
  const jobs = new Map<string, LocalJob>();
  return {
    name: "dummy",
    submit$: (request) =>
      new Observable((subscriber) => {
        const job: LocalJob = { name: request.name, report$: new ReplaySubject(1), process: new Subscription() };
        const log = clearedLog(request);
        let emitted = false;
        // A job whose id was not emitted could never be ended.
        subscriber.add(() => {
          if (!emitted) job.process.unsubscribe();
        });
        const claim = claims?.path(request.token);
        const process$ = spawn({
          ...commandOf(request),
          ...{ directory: request.directory, output: log, sweep: true },
          ...(claim !== undefined && { claim }),
        });
        const running$ = startAgain$(process$, (message) => job.report$.next({ state: "pending", message }));
        const running = running$.subscribe({
          next: (event) => {
            if (event.type === "ended") {
              if (claim !== undefined) claims?.ended(claim);
              return job.report$.next(endOf(event, log));
            }
            job.report$.next({ state: "running" });
            // A job that was started again keeps its id.
            if (emitted) return;
            const id = String(event.pid);
            jobs.set(id, job);
            if (!request.watched) job.process.add(() => jobs.delete(id));
            emitted = true;
            subscriber.next({ job: id });
            subscriber.complete();
          },
          error: (error: unknown) => {
            if (!emitted) return subscriber.error(unstarted(error));
            job.report$.next({ state: "ended", failure: failed(messageOf(error)) });
            job.report$.complete();
            job.process.unsubscribe();
          },
          complete: () => {
            job.report$.complete();
            job.process.unsubscribe();
          },
        });
        job.process.add(running);
      }),
    adopt$: (request, before) =>
      defer(() => {
        if (claims === undefined) return EMPTY;
        const job: LocalJob = { name: request.name, report$: new ReplaySubject(1), process: new Subscription() };
        return adopted$(claims, request, before, job).pipe(
          tap((id) => {
            jobs.set(id, job);
            if (!request.watched) job.process.add(() => jobs.delete(id));
          }),
          map((id) => ({ job: id })),
        );
      }),
    watch$: (id) =>
      defer(() => {
        const job = jobs.get(id);
        if (job === undefined) return of<JobReport>({ state: "ended", failure: unknown(id) });
        return job.report$.pipe(
          finalize(() => {
            jobs.delete(id);
            job.process.unsubscribe();
          }),
        );
      }),
    count$: (match) =>
      defer(() => {
        let count = 0;
        for (const { name, process } of jobs.values()) if (!process.closed && name.startsWith(match)) count += 1;
        return of(count);
      }),
  };
};

/** Adopts the job of an earlier instance of the program, which is then reported on like any other job. Emits its id. */
const adopted$ = (claims: Claims, request: JobRequest, before: EarlierJob, job: LocalJob): Observable<string> =>
  new Observable((subscriber) => {
    const claim = claims.path(request.token);
    let id = before.id ?? "";
    const follow = (trace: Trace) => {
      switch (trace.is) {
        case "starting":
          return;
        case "running":
          id = String(trace.pid);
          groupStarted(trace.pid, () => undefined);
          job.process.add(() => endGroup(trace.pid));
          job.report$.next({ state: "running" });
          break;
        case "absent":
          // Without an id the job was never submitted; with one it has gone, and has left no trace.
          if (before.id === undefined) return subscriber.complete();
          job.report$.next(LOST);
          break;
        case "ended":
          claims.ended(claim);
          job.report$.next(endOf(trace, logOf(request)));
          break;
        case "unknown":
          job.report$.next(trace.outlived ? OUTLIVED : LOST);
      }
      if (trace.is !== "running") {
        if (id !== "") leaderEnded(Number(id), false);
        job.report$.complete();
        job.process.unsubscribe();
      }
      subscriber.next(id === "" ? request.token : id);
      subscriber.complete();
    };
    const different = distinctUntilChanged<Trace>((one, other) => one.is === other.is);
    job.process.add(
      trace$(claim, before.boot)
        .pipe(different)
        .subscribe({ next: follow, error: (error: unknown) => subscriber.error(error) }),
    );
  });

const lost = (message: string): JobReport => ({ state: "ended", failure: { reason: "job", cause: "lost", message } });

const LOST = lost("it ended while the program was not running; how is unknown");
const OUTLIVED = lost(
  "the shell that records its end was killed; the job went on and has ended by now, how is unknown",
);

/**
 * `./job.sh`, as a user would start it: scripts look at the name under which they are called. Bash executes a script
 * without `#!`, as it does at a prompt; the shell that writes claims would, and call itself by the claim in messages.
 */
const commandOf = (request: JobRequest) => {
  const { script } = request;
  const file = isAbsolute(script) ? script : `./${script}`;
  return isBareText(headOf(fileOf(request))) ? { file: "/bin/bash", arguments: [file] } : { file, arguments: [] };
};

/** The free name for the job's output: the file must neither hold an earlier job's output nor be a link to another file. */
const clearedLog = (request: JobRequest): string => {
  const file = fileOf(request);
  let status: ReturnType<typeof statSync>;
  try {
    status = statSync(file);
  } catch (error) {
    throw notStarted(`${file}: ${messageOf(error)}`);
  }
  if (!status.isFile()) throw notStarted(`${file} is not a file`);
  try {
    accessSync(file, constants.X_OK);
  } catch {
    const why = whyNotExecutable(file);
    throw notStarted(`${file} ${why}${why === "is not executable" ? ": `chmod +x` its template" : ""}`);
  }
  const problem = interpreterProblem(headOf(file), request.directory);
  if (problem !== undefined) throw notStarted(`${file}: ${problem}`);
  const log = logOf(request);
  try {
    if (request.retry) keepEarlier(log);
    else rmSync(log, { force: true });
  } catch (error) {
    throw notStarted(`${log} cannot be replaced: ${messageOf(error)}`);
  }
  return log;
};

const fileOf = ({ script, directory }: JobRequest): string => (isAbsolute(script) ? script : join(directory, script));

const logOf = (request: JobRequest): string => `${fileOf(request)}.out`;

const endOf = ({ status, signal }: Ending, log: string): JobReport =>
  status === 0
    ? { state: "ended" }
    : { state: "ended", failure: { reason: "job", cause: "failed", status, signal, ...withTail(log) } };

const notStarted = (message: string): Abandon => new Abandon(failed(message));

const unknown = (id: string) => failed(`this program has started no job ${id}`);

const failed = (message: string) => ({ reason: "job", cause: "not_started", message }) as const satisfies Failure;

/** A disk or machine without room is reported as such: the stream waits for room. */
const unstarted = (error: unknown): unknown => {
  if (!(error instanceof Abandon) || error.failure.reason === "storage" || shortageOf(error.failure) !== undefined)
    return error;
  return notStarted(error.failure.reason === "not_started" ? error.failure.message : error.message);
};
